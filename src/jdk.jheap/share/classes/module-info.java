/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/**
 * Defines the <em>{@index jheap jheap tool}</em>, which inspects, verifies, copies and
 * repairs persistent heaps that no JVM has open.
 *
 * @moduleGraph
 */
module jdk.jheap {
    provides java.util.spi.ToolProvider with sun.tools.jheap.Main.Provider;
}
