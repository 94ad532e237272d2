/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** What the Observability tests share: jcmd's commands, run in this VM. */
final class Observer {
    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    /** The output of a diagnostic command, by its MBean operation: GC.heap_info is gcHeapInfo. */
    static String dcmd(String operation, String... arguments) throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName name = new ObjectName("com.sun.management:type=DiagnosticCommand");
        for (MBeanOperationInfo o : server.getMBeanInfo(name).getOperations()) {
            if (o.getName().equals(operation)) {
                boolean takesArguments = o.getSignature().length > 0;
                return (String) server.invoke(name, operation,
                        takesArguments ? new Object[] {arguments} : new Object[0],
                        takesArguments ? new String[] {String[].class.getName()} : new String[0]);
            }
        }
        throw new AssertionError("there is no " + operation);
    }

    record Line(long instances, long bytes) {}

    private static final Pattern LINE = Pattern.compile("\\s*(\\d+):\\s+(\\d+)\\s+(\\d+)\\s+(\\S+).*");
    private static final Pattern TOTAL = Pattern.compile("Total\\s+(\\d+)\\s+(\\d+)");

    /** A histogram by class name. It must be sorted and add up. */
    static Map<String, Line> histogram(String text) {
        Map<String, Line> result = new LinkedHashMap<>();
        long instances = 0;
        long bytes = 0;
        long last = Long.MAX_VALUE;
        boolean total = false;
        for (String line : text.split("\\R")) {
            Matcher m = LINE.matcher(line);
            if (m.matches()) {
                Line l = new Line(Long.parseLong(m.group(2)), Long.parseLong(m.group(3)));
                check(Integer.parseInt(m.group(1)) == result.size() + 1, "numbering: " + line);
                check(result.put(m.group(4), l) == null || m.group(4).startsWith("<"), "class listed twice: " + line);
                check(l.bytes <= last, "not sorted by bytes: " + line);
                last = l.bytes;
                instances += l.instances;
                bytes += l.bytes;
                continue;
            }
            m = TOTAL.matcher(line);
            if (m.matches()) {
                check(Long.parseLong(m.group(1)) == instances && Long.parseLong(m.group(2)) == bytes,
                        "total " + line + " for " + instances + " instances, " + bytes + " bytes");
                total = true;
            }
        }
        check(total, "no total line in:\n" + text);
        return result;
    }
}
