import type { MountSpec } from '../node/index.ts'
import type { ExecResult } from './containers.ts'

/** Asks an image what is in it, and prepares a container of it before its first start. */
export interface ImageRunner {
  /**
   * Runs a throw-away container with no network, no host mounts beyond those named, private namespaces, no privileges
   * and a read-only root where asked (the folders that `files` go to may stay writable); returns its output and
   * removes it, also when it took too long (IMAGE_ANSWER_TIMEOUT).
   */
  runOnce(image: string, options: RunOnceOptions): Promise<ExecResult>
  /** Puts small text files (absolute path → text) into a container, running or not; missing folders are made. */
  putFiles(id: string, files: Readonly<Record<string, string>>): Promise<void>
}

export type RunOnceOptions = Readonly<{
  entrypoint?: readonly string[]
  command: readonly string[]
  /** Files put into the container before it starts: absolute path → text. */
  files?: Readonly<Record<string, string>>
  mounts?: readonly MountSpec[]
  readOnlyRoot?: boolean
  /** How long it may do nothing, and how much processor time it may use. */
  timeoutMs: number
  user?: string
}>
