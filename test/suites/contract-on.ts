import { join } from 'node:path'
import { DEFAULT_SUITE, REPOSITORY, SUITES, run, suiteRoot } from '../../lab/index.ts'
import type { Suite } from '../../lab/index.ts'

/** Whose engines are held to the contract beside the machine's own. */
export const OTHER_SUITES: readonly Suite[] = SUITES.filter((one) => one !== DEFAULT_SUITE)

/** Suites whose packages no longer change by the day, or hardly: one of them is part of every test run. */
const IN_TURN: readonly Suite[] = ['bullseye', 'trixie', 'forky']

const DAY_MS = 86_400_000

/** The suite whose turn it is at that time: another one each day. */
export function suiteInTurn(nowMs: number): Suite {
  return IN_TURN[Math.floor(nowMs / DAY_MS) % IN_TURN.length] ?? DEFAULT_SUITE
}

export type ContractResult = Readonly<{
  suite: Suite
  passed: number
  failed: number
  skipped: number
  output: string
}>

/** Runs the engine contract against Docker and Podman of that suite, on this machine. */
export async function contractOn(suite: Suite, argv: readonly string[] = []): Promise<ContractResult> {
  const root = await suiteRoot(suite)
  const script = join(REPOSITORY, 'test/integration/engine-contract-on.sh')
  const { stdout, stderr } = await run([script, root, ...argv])
  const count = (what: string) =>
    Number(new RegExp(`^ℹ ${what} (\\d+)$`, 'm').exec(stdout)?.[1] ?? Number.NaN)
  return {
    suite,
    passed: count('pass'),
    failed: count('fail'),
    skipped: count('skipped'),
    output: `${stdout}${stderr}`,
  }
}
