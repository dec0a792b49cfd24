import { isAnnealError } from '../../../core/index.ts'
import type { AnnealError } from '../../../core/index.ts'

/**
 * What a cluster answers while its apiserver is away or starts again. Even 401 and 403: until it has read its own rules it allows
 * nobody anything. The plan has asked for every right before.
 */
const AWAY: ReadonlySet<string> = new Set([
  'CLUSTER_UNREACHABLE',
  'CLUSTER_UNTRUSTED',
  'CLUSTER_BUSY',
  'CLUSTER_REFUSES',
])

export function isAway(error: unknown): error is AnnealError {
  return isAnnealError(error) && AWAY.has(error.code)
}
