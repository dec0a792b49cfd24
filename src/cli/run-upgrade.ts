import { previewUpgrade, upgradeNode } from '../app/node/index.ts'
import type { UpgradeWishes } from '../app/node/index.ts'
import type { ExitCode } from '../core/index.ts'
import type { NodeWorld } from '../ports/index.ts'
import type { Output } from './output.ts'
import { printPlan, refused, sayPlanned } from './tell-plan.ts'
import { runControl, tell } from './tell-run.ts'

/** Switches the node to a release, or prints what that would do. Gives the exit code. */
export async function runUpgrade(
  world: NodeWorld,
  wishes: UpgradeWishes,
  { flags, output, signal }: Readonly<{ flags: { 'dry-run': boolean }; output: Output; signal: AbortSignal }>,
): Promise<ExitCode> {
  if (flags['dry-run']) return printPlan(await previewUpgrade(world, wishes), output)
  const upgraded = await upgradeNode(world, wishes, {
    ...runControl(output, signal),
    onPlanned: (planned) => sayPlanned(planned, output),
  })
  return upgraded.outcome === 'ran' ? tell(upgraded.report, output) : refused(upgraded.planned, output)
}
