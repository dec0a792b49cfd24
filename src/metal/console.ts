import type { AnnealError } from '../core/index.ts'
import { raise } from './errors.ts'
import type { MetalNode } from './node.ts'

export function consoleUnavailable(node: MetalNode, why: string, cause?: unknown): AnnealError {
  const remedy = 'name where it is read: --console unix:PATH, file:PATH or tcp:HOST:PORT'
  return raise('CONSOLE_UNAVAILABLE', { node: node.name ?? node.uuid, why, remedy }, cause)
}
