import type { AnnealError } from '../../core/index.ts'
import { raise } from '../errors.ts'
import type { MetalNode } from '../node.ts'
import { provisionState } from '../provision-states.ts'

/** When a node was looked at, in milliseconds of a clock that never jumps. */
export type Times = Readonly<{
  nowMs: number
  startedMs: number
  /** Since when it was seen powered off in a state in which it has to run. */
  offSinceMs: number | undefined
  /** Since when neither its state nor its step changed, and no heartbeat came. */
  silentSinceMs: number
  mostSilentMs: number
}>

/** Whether the wait for `active` goes on, is over, or has failed. */
export type Verdict = Readonly<{ kind: 'wait' } | { kind: 'done' } | { kind: 'failed'; error: AnnealError }>

/** So long a machine may be off while Ironic waits for it: a reset is shorter, and a power cut is not. */
const OFF_TOLERATED_MS = 20_000

/** Judges a node that is being deployed. */
export function judgeDeploying(name: string, node: MetalNode, times: Times): Verdict {
  const { nowMs, startedMs, offSinceMs } = times
  const state = node.provisionState
  const seconds = Math.round((nowMs - startedMs) / 1000)
  if (state === 'active') return { kind: 'done' }
  if (provisionState(state).kind === 'failed') {
    const reason = node.lastError ?? 'it gives no reason'
    return failed(raise('DEPLOY_FAILED', { service: 'the conductor', node: name, state, seconds, reason }))
  }
  if (state === 'available' || state === 'manageable' || state === 'deleting' || state === 'cleaning') {
    return failed(raise('DEPLOY_ABORTED', { node: name, state }))
  }
  if (node.maintenance) {
    const reason = node.maintenanceReason ?? node.fault ?? 'no reason is noted'
    return failed(raise('METAL_NODE_MAINTENANCE', { action: `deploy on node "${name}"`, node: name, reason }))
  }
  if (offSinceMs !== undefined && nowMs - offSinceMs > OFF_TOLERATED_MS) {
    const offSeconds = Math.round((nowMs - offSinceMs) / 1000)
    return failed(raise('DEPLOY_POWERED_OFF', { node: name, state, seconds: offSeconds }))
  }
  const silentMs = nowMs - times.silentSinceMs
  if (state === 'wait call-back' && silentMs > times.mostSilentMs) {
    const silentSeconds = Math.round(silentMs / 1000)
    return failed(raise('DEPLOY_SILENT', { node: name, state, seconds: silentSeconds }))
  }
  return { kind: 'wait' }
}

/** What changes when Ironic or the machine gets on. */
export function signOfLife(node: MetalNode): string {
  return JSON.stringify([node.provisionState, node.step, node.lastHeartbeat])
}

/** In this state the deploy ramdisk runs on the machine; off, it can never call back. */
export function mustRun(node: MetalNode): boolean {
  return node.provisionState === 'wait call-back' && node.targetPowerState === undefined
}

function failed(error: AnnealError): Verdict {
  return { kind: 'failed', error }
}
