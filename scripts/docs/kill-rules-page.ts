import { KILL_RULES, MECHANISMS, SEEN } from '../../src/node/index.ts'
import { code, page, table } from './markdown.ts'

/** docs/kill-rules.md: who dies with a container, and with which versions that was seen. */
export function killRulesPage(): string {
  const rules = [...new Map(KILL_RULES.map((rule) => [`${rule.mechanism} ${rule.hierarchy}`, rule])).values()]
  const [cells, blind] = [SEEN.map((one) => one.cells), SEEN.map((one) => one.blind)].map((counts) =>
    counts.reduce((sum, count) => sum + count, 0),
  )
  return page([
    '# Who dies with a container, and on which versions that was seen',
    '<!-- Written by `npm run docs` from src/node/kill-set/kill-rules.ts and src/node/kill-set/kill-rules-seen.ts. -->',
    'When a container stops, its OCI runtime, systemd and the kernel end more than its first process. The rules below say whom; each was read in the source of the program and then compared with what it does ([matrix.md](matrix.md), [matrix-pods.md](matrix-pods.md) for pods).',
    table(
      ['rule', 'hierarchy', 'what happens'],
      rules.map(({ mechanism, hierarchy }) => [
        code(mechanism),
        hierarchy === '*' ? 'each' : hierarchy === '' ? 'cgroup v2' : code(hierarchy),
        MECHANISMS[mechanism].how,
      ]),
    ),
    'On cgroup v1 the threads of one process can lie in different groups. One thread in a group is enough: who ends the group reads its `cgroup.procs`, which names the whole process.',
    'A process can also end for another reason than a cgroup that it shares with the container:',
    table(
      ['reason', 'what happens'],
      Object.entries(MECHANISMS).flatMap(([mechanism, { how }]) =>
        rules.some((rule) => rule.mechanism === mechanism) ? [] : [[code(mechanism), how]],
      ),
    ),
    '## Versions',
    `A row is a kind of host on which Anneal was asked who would die, and then it was done: ${cells} cells of the fault matrix and ${blind} nodes of the blind test, none of them a false safe. A minor version between two rows of the same runtime and cgroup layout counts as seen, as does each patch release of one. What was seen on a hybrid host counts for one with cgroup v1 alone, which has the same hierarchies but one.`,
    'Outside of that, `anneal node doctor` reports `VERSIONS_NOT_SEEN`, and on cgroup v1 and hybrid hosts every process that shares a cgroup with the container counts as killed (`unknownRuntime`): a guest may be called endangered that would live, never the other way round. On cgroup v2 there is one hierarchy, and all of it counts in any case. The versions of systemd and of the shim are on record and not asked for.',
    table(
      ['suite', 'engine', 'driver', 'runtime', 'cgroups', 'shim', 'systemd', 'cells', 'blind'],
      SEEN.map((one) => [
        one.suite,
        `${one.engine} ${one.engineVersion}`,
        one.driver,
        `${one.runtime} ${one.runtimeVersion}`,
        one.layout === 'unified' ? 'v2' : one.layout === 'legacy' ? 'v1' : 'hybrid',
        one.shim,
        one.systemd,
        String(one.cells),
        String(one.blind),
      ]),
    ),
  ])
}
