import { join } from 'node:path'
import { DEFAULT_SUITE, REPOSITORY, SUITES, run, suiteRoot } from '../../lab/index.ts'
import type { Suite } from '../../lab/index.ts'

/** Whose engines are held to the contract beside the machine's own. */
export const OTHER_SUITES: readonly Suite[] = SUITES.filter((one) => one !== DEFAULT_SUITE)

/**
 * Suites of which one, another one each day, is part of every test run. sid (Docker 28.5, Podman 5.8) and trixie keep the whole contract, but
 * a machine that has not made their trees yet needs ten minutes for each, which a test run has not.
 */
const IN_TURN: readonly Suite[] = []

const DAY_MS = 86_400_000

/** The suite whose turn it is at that time: another one each day. */
export function suiteInTurn(nowMs: number, suites = IN_TURN): Suite | undefined {
  return suites[Math.floor(nowMs / DAY_MS) % suites.length]
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
  const script = join(REPOSITORY, 'test/integration/engine/contract-on.sh')
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
