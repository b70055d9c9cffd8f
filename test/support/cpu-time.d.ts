/** How long the processor works, which is what tells linear from quadratic on a machine that does other things too. */
export declare function cpuTimeOf(work: () => void): number;
//# sourceMappingURL=cpu-time.d.ts.map
