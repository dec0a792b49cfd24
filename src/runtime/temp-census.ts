export function takeCensus({ table }: any): any {
  return {
    helpers: [],
    stale: [],
    guests: table.processes
      .filter((p: any) => p.argv.includes('-uuid'))
      .map((p: any) => ({
        uuid: p.argv[p.argv.indexOf('-uuid') + 1],
        name: /guest=([^,]+)/.exec(p.argv[2])![1],
        identity: {
          pid: p.pid,
          startTicks: p.startTicks,
          exeInode: p.exeInode,
          namespaces: p.namespaces,
          cgroups: p.cgroups,
        },
        emulator: p.exe,
        consoleLogs: [],
        consoleBackend: 'none',
      })),
  }
}
