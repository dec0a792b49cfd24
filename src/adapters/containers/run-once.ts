import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { LABELS } from '../../node/index.ts'
import type { ContainerSpec, ExecResult, MountSpec, RunOnceOptions } from '../../ports/index.ts'
import { processNames, watchWork } from '../programs/index.ts'
import type { Dialect, RunOnceParts } from './dialect.ts'
import { raise } from './errors.ts'
import { logStream, logs } from './logs.ts'
import { readFrames } from './frames.ts'
import { plainSpec } from './plain-spec.ts'
import { putFiles } from './put-files.ts'

/** Carries the pid of the Anneal that made the container: those of a dead one are swept by the next. */
const LABEL = LABELS.runOnce

/** Processes a throw-away container may have: enough for a libvirtd with its probes. */
const PIDS = 512

/**
 * Asks an image something: a container with nothing of the host but the mounts named, no network, namespaces of its
 * own, no privileges. It is removed whatever happens; where Anneal itself is killed, the next run removes it. It has `timeoutMs`
 * of silence, and as much processor time: a busy machine makes it slow, and no more.
 */
export async function runOnce(
  dialect: Dialect,
  parts: RunOnceParts,
  image: string,
  options: RunOnceOptions,
): Promise<ExecResult> {
  await sweep(parts)
  const spec = specOf(parts, image, options)
  const command = (options.entrypoint ?? options.command)[0] ?? image
  const id = await parts.create(spec)
  try {
    const api = await dialect.api()
    for (const [folder, files] of byTarget(options, parts)) {
      await putFiles(dialect, id, spec.name, folder, files)
    }
    await parts.start(id)
    const pid = await parts.pidOf(id)
    const watch = watchWork({ pid, limitMs: options.timeoutMs })
    const settling = new AbortController()
    void settleAgain(parts, id, settling.signal)
    const exitCode = await parts
      .wait(id, watch.signal)
      .catch(async (error: unknown) => {
        if (!watch.signal.aborted) throw error
        const names = processNames(pid)
        const said = await logs(dialect, id, 3).catch(() => '')
        const state = `${ofProcesses(names)}; ${lastWords(said)}`
        throw raise(
          'IMAGE_ANSWER_TIMEOUT',
          { command, subject: image, timeoutMs: options.timeoutMs, state },
          error,
        )
      })
      .finally(() => {
        watch.end()
        settling.abort()
      })
    return { exitCode, ...(await readFrames(await logStream(dialect, api, id, 'all'))) }
  } finally {
    await parts.remove(id)
  }
}

async function settleAgain({ settle }: RunOnceParts, id: string, signal: AbortSignal): Promise<void> {
  if (settle === undefined) return
  while (!signal.aborted) {
    await sleep(settle.everyMs, undefined, { signal }).catch(() => undefined)
    // What it cannot do now it can do the next time, or the watch ends the container.
    if (!signal.aborted) await settle.look(id).catch(() => undefined)
  }
}

function ofProcesses(names: readonly string[]): string {
  return names.length === 0 ? 'it had no process left' : `its processes were ${names.join(', ')}`
}

function lastWords(said: string): string {
  const text = said.trim()
  return text === '' ? 'it said nothing' : `it said last: ${text.replaceAll('\n', ' | ')}`
}

/** The tars to put in: one at the root, which makes missing folders; or one into each volume. */
function byTarget(
  options: RunOnceOptions,
  parts: RunOnceParts,
): readonly (readonly [string, Readonly<Record<string, string>>])[] {
  const files = Object.entries(options.files ?? {})
  if (files.length === 0) return []
  if (!needsVolumes(options, parts)) return [['/', Object.fromEntries(files)]]
  return [...Map.groupBy(files, ([path]) => dirname(path))].map(([folder, inside]) => [
    folder,
    Object.fromEntries(inside.map(([path, text]) => [basename(path), text])),
  ])
}

function needsVolumes(options: RunOnceOptions, parts: RunOnceParts): boolean {
  return options.readOnlyRoot === true && parts.filesNeedVolumes
}

function specOf(parts: RunOnceParts, image: string, options: RunOnceOptions): ContainerSpec {
  const folders = new Set(Object.keys(options.files ?? {}).map((path) => dirname(path)))
  const volumes = needsVolumes(options, parts)
    ? [...folders].map((target): MountSpec => ({ type: 'volume', source: '', target, readOnly: false }))
    : []
  return plainSpec({
    name: `anneal-once-${randomUUID()}`,
    image,
    labels: { [LABEL]: String(process.pid) },
    ...(options.entrypoint === undefined ? {} : { entrypoint: options.entrypoint }),
    command: options.command,
    ...(options.user === undefined ? {} : { user: options.user }),
    securityOpt: ['no-new-privileges'],
    ipcMode: 'private',
    cgroupnsMode: 'private',
    mounts: [...(options.mounts ?? []), ...volumes],
    readOnly: options.readOnlyRoot ?? false,
    pidsLimit: PIDS,
    logDriver: parts.log.driver,
    logOptions: parts.log.options,
  })
}

async function sweep(parts: RunOnceParts): Promise<void> {
  for (const { id, pid } of await parts.leftovers(LABEL)) {
    if (!existsSync(`/proc/${pid}`)) await parts.remove(id)
  }
}
