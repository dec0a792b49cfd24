import { raise } from '../errors.ts'
import type { MetalNode } from '../node.ts'
import type { Server } from '../server.ts'
import { judgeDeploying } from './judge.ts'
import type { Times, Verdict } from './judge.ts'

/**
 * Judges a server that is being made, and the node behind it. Nova's word alone is not enough: done is when the node is
 * active in the server's name.
 */
export function judgeServer(
  name: string,
  node: MetalNode,
  server: Server | undefined,
  times: Times,
): Verdict {
  if (server === undefined) {
    return { kind: 'failed', error: raise('DEPLOY_ABORTED', { node: name, state: 'no server of Nova' }) }
  }
  const { status } = server
  if (status === 'ERROR') {
    const seconds = Math.round((times.nowMs - times.startedMs) / 1000)
    const reason = server.fault ?? 'it gives no reason'
    const error = raise('DEPLOY_FAILED', { service: 'Nova', node: name, state: status, seconds, reason })
    return { kind: 'failed', error }
  }
  if (status !== 'BUILD' && status !== 'ACTIVE') {
    return { kind: 'failed', error: raise('DEPLOY_ABORTED', { node: name, state: `${status} of Nova` }) }
  }
  if (node.instanceUuid !== server.id) return { kind: 'wait' }
  if (node.provisionState === 'active') return { kind: status === 'ACTIVE' ? 'done' : 'wait' }
  // What ends a deployment of Ironic's ends this one only when Nova says so: it tries and cleans up by itself.
  const isUnderWay = node.provisionState === 'deploying' || node.provisionState === 'wait call-back'
  return isUnderWay ? judgeDeploying(name, node, times) : { kind: 'wait' }
}
