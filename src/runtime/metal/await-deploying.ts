import { metalError, mustRun, signOfLife } from '../../metal/index.ts'
import type { MetalNode, Times, Verdict } from '../../metal/index.ts'
import { DONE, current } from './deploy-context.ts'
import type { DeployContext, Outcome } from './deploy-context.ts'
import { PatientReader } from './patient.ts'

/**
 * Looks at the node until `judge` has a verdict; looks that fail in a way that passes are left out. Throws the verdict's
 * error, DEPLOY_TIMEOUT, and what has kept the services away for too long.
 */
export async function awaitDeploying(
  context: DeployContext,
  judge: (node: MetalNode, times: Times) => Promise<Verdict>,
): Promise<Outcome> {
  const { plan, world, signal } = context
  const { clock } = world
  const startedMs = clock.monotonic()
  let offSinceMs: number | undefined
  let sign = ''
  let silentSinceMs = startedMs
  let state = 'unknown'
  const look = async (): Promise<Verdict> => {
    const node = await current(context)
    const nowMs = clock.monotonic()
    context.see(node)
    state = node.provisionState
    const isOff = mustRun(node) && node.powerState === 'power off'
    offSinceMs = isOff ? (offSinceMs ?? nowMs) : undefined
    if (signOfLife(node) !== sign) silentSinceMs = nowMs
    sign = signOfLife(node)
    const mostSilentMs = context.callbackTimeoutMs
    return judge(node, { nowMs, startedMs, offSinceMs, silentSinceMs, mostSilentMs })
  }
  const reader = new PatientReader(look, clock)
  for (;;) {
    const verdict = await reader.look()
    if (verdict?.kind === 'done') return DONE
    if (verdict?.kind === 'failed') {
      if (verdict.error.code === 'DEPLOY_SILENT') await context.notes.gaveUp(sign)
      throw verdict.error
    }
    const passedMs = clock.monotonic() - startedMs
    if (passedMs > context.timeoutMs) {
      const seconds = Math.round(passedMs / 1000)
      throw metalError('DEPLOY_TIMEOUT', { node: plan.node.name, state, seconds })
    }
    if (signal.aborted) return DONE
    await clock.sleep(context.pollMs, signal)
  }
}

/**
 * A machine that an earlier run gave up as silent, and that has been silent since, is restarted by way of Ironic, which
 * then takes its deploy ramdisk for a new one and goes on with it.
 */
export async function restartSilent(context: DeployContext, node: MetalNode): Promise<void> {
  if (node.provisionState !== 'wait call-back' || signOfLife(node) !== context.notes.silentAt) return
  await context.world.provisioner.power(node, 'restarted')
}
