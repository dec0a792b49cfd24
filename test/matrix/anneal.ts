import type { ComputeHost, NestedEngine } from '../../lab/index.ts'

/** `value` is undefined where nothing was printed. */
export type Answer = Readonly<{ exitCode: number; value: unknown; stderr: string }>

/** `anneal … --json` on the host, as a person there would call it. */
export async function anneal(
  host: ComputeHost,
  engine: NestedEngine,
  argv: readonly string[],
): Promise<Answer> {
  const { exitCode, stdout, stderr } = await host.exec(
    ['/opt/anneal/anneal', ...argv, '--engine', engine, '--json'],
    { timeoutMs: 180_000 * host.patience },
  )
  return { exitCode, value: stdout.trim() === '' ? undefined : (JSON.parse(stdout) as unknown), stderr }
}

export type KillSetAnswer = Readonly<{
  endangered: readonly Readonly<{
    kind: string
    subject: string
    mechanisms: readonly string[]
    evidence: string
    rescuable: boolean
  }>[]
  census: Readonly<{ guests: readonly Readonly<{ uuid: string; identity: Readonly<{ pid: number }> }>[] }>
}>
