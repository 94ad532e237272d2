T=[("BOOLEAN","boolean","fBoolean",0),("BYTE","byte","fByte",1),("SHORT","short","fShort",2),("CHAR","char","fChar",3),("INT","int","fInt",4),("LONG","long","fLong",5)]
def v(t): return "((k + %d) & 1) != 0" if t=="boolean" else "(%s) (k + %%d)" % t
out=[]
for mode in ("Acquire","Release"):
    for where in ("FIELD","ARRAY"):
        body=[]
        for N,t,f,i in T:
            for j,op in enumerate(("Or","Xor","And")):
                val = (v(t) % (j*3+1))
                tgt = "o" if where=="FIELD" else "(%s[]) a[%d], (k + %d) %% 20" % (t,i,j)
                if op=="And" and t!="boolean": val="(%s) ~(k & 5)" % t
                if op=="And" and t=="boolean": val="(k & 3) != 0"
                body.append("                StorePaths.%s_%s.getAndBitwise%s%s(%s, %s);" % (N,where,op,mode,tgt,val))
        head = "StorePaths.Data o = (StorePaths.Data) x;" if where=="FIELD" else "Object[] a = (Object[]) x;"
        make = "new StorePaths.Data()" if where=="FIELD" else "StorePaths.arrays()"
        out.append('''        new Path("VarHandle getAndBitwise %s %s") {
            Object make() { return %s; }
            void write(Object x, int k) {
                %s
%s
            }
        },''' % (mode, where.lower()+"s", make, head, "\n".join(body)))
W=[("short",2,"SHORT"),("char",2,"CHAR"),("int",4,"INT"),("long",8,"LONG"),("float",4,"FLOAT"),("double",8,"DOUBLE")]
for t,s,N in W:
    sw = "U.copySwapMemory(from, at, d, at + 60 * %d, 20 * %d, %d); U.copySwapMemory(d, at + 60 * %d, d, at + 63 * %d, 20 * %d, %d);" % (s,s,s,s,s,s,s)
    out.append('''        new Path("Unsafe copyMemory, copySwapMemory, setMemory %s") {
            Object make() { return new %s[100]; }
            void write(Object x, int k) {
                %s[] d = (%s[]) x, from = new %s[40];
                long at = Unsafe.ARRAY_%s_BASE_OFFSET;
                for (int i = 0; i < 40; i++) from[i] = (%s) (k * 7 + i);
                for (int n = 0; n < 20; n++) U.copyMemory(from, at + n %% 3 * %d, d, at + (n + k) %% 9 * %d, n * %d);
                U.copyMemory(d, at + 3 * %d, d, at + 5 * %d, 17 * %d); U.copyMemory(d, at + 30 * %d, d, at + 28 * %d, 17 * %d);
                U.copyMemory(d, at + 3, d, at + 131, 50);
                %s
                U.setMemory(d, at + 80 * %d, 7 * %d, (byte) k); U.setMemory(d, at + 90 * %d, 8, (byte) 0); U.setMemory(d, at + 90 * %d + 1, 3, (byte) (k + 1));
            }
        },''' % (t,t,t,t,t,N,t,s,s,s,s,s,s,s,s,s,sw,s,s,s,s))
src=open("StorePathsTest.in").read().replace("        //GENERATED\n","\n".join(out)+"\n")
open("StorePathsTest.java","w").write(src)
