import type { PullProgress } from '../../ports/index.ts'

/** One line of an engine's answer to `POST /images/create`. */
export type PullLine = Readonly<{
  status?: string
  id?: string
  progressDetail?: Readonly<{ current?: number; total?: number }>
  error?: string
  errorDetail?: Readonly<{ message?: string }>
}>

type Layer = { current: number; total: number; done: boolean }

/** What a layer says of itself; other lines that carry an id (the tag, the digest) are no layers. */
const LAYER =
  /^(Pulling fs layer|Waiting|Downloading|Verifying Checksum|Download complete|Extracting|Pull complete|Already exists|Retrying)/i

/**
 * Sums a pull's layers. Bytes are those downloaded; they and the layer counts never fall, though an engine starts
 * a layer anew after a broken connection. Podman tells no bytes of a layer that came within its first second,
 * and counts the image's configuration as a layer. Layers become known one by one, so `totalBytes` grows.
 */
export function pullProgress(
  reference: string,
  lastPhase: 'Pull complete' | 'Download complete',
): (line: PullLine) => PullProgress | undefined {
  const layers = new Map<string, Layer>()
  let last: PullProgress = { reference, doneBytes: 0, totalBytes: 0, layersDone: 0, layersTotal: 0 }

  return ({ status, id, progressDetail }) => {
    if (status === undefined || id === undefined || !LAYER.test(status)) return undefined
    const layer = layers.get(id) ?? { current: 0, total: 0, done: false }
    layers.set(id, layer)
    const phase = status.toLowerCase()
    if (phase.startsWith('downloading')) {
      layer.total = Math.max(layer.total, progressDetail?.total ?? 0)
      layer.current = Math.max(layer.current, progressDetail?.current ?? 0)
      layer.total = Math.max(layer.total, layer.current)
    } else if (phase.startsWith('extracting')) {
      // A layer of a few kilobytes is never seen downloading: its size shows only here.
      layer.total = Math.max(layer.total, progressDetail?.total ?? 0)
      layer.current = layer.total
    } else if (!/^(pulling|waiting|retrying)/.test(phase)) {
      layer.current = layer.total
      layer.done ||= phase.startsWith(lastPhase.toLowerCase()) || phase.startsWith('already exists')
    }
    const all = [...layers.values()]
    const sum = (of: (one: Layer) => number) => all.reduce((total, one) => total + of(one), 0)
    const next: PullProgress = {
      reference,
      doneBytes: Math.max(
        last.doneBytes,
        sum((one) => one.current),
      ),
      totalBytes: Math.max(
        last.totalBytes,
        sum((one) => one.total),
      ),
      layersDone: Math.max(last.layersDone, all.filter((one) => one.done).length),
      layersTotal: all.length,
    }
    const changed =
      next.doneBytes !== last.doneBytes ||
      next.totalBytes !== last.totalBytes ||
      next.layersDone !== last.layersDone ||
      next.layersTotal !== last.layersTotal
    last = next
    return changed ? next : undefined
  }
}
