import { Units } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { FileSystem } from '../../formats/filesystem/index.ts'
import { LayerApplier, layeredFileSystem, Tree } from '../../formats/layers/index.ts'
import { goName } from '../../formats/oci/index.ts'
import type { Platform, Wanted } from '../../formats/oci/index.ts'
import type { UnwrapProgress } from '../image-source/index.ts'
import { filesOfArchive } from './archive-files.ts'
import type { ArchiveOptions } from './archive-files.ts'
import { findInDockerArchive } from './docker-archive.ts'
import type { FoundImage, FoundLayer } from './found-image.ts'
import { KEPT_LAYER_BYTES, layerContents } from './layer-contents.ts'
import { findInLayout, layoutDirectory } from './oci-layout.ts'
import { BLOCK_BYTES, readLayer } from './read-layer.ts'
import { UnpackLimit } from './unpack-limit.ts'
import type { ReadLayer } from './read-layer.ts'
import { findInRegistry } from './registry-image.ts'
import type { RegistryOptions } from './connect-registry.ts'
import { Replays } from './replays.ts'
import { raise } from './errors.ts'

export type OpenContainerOptions = Readonly<{
  /** Of an image for several platforms; else this machine's. */
  platform?: Platform
  /** Where compressed layers go that are read here and there. Files use TMPDIR or /var/tmp without it. */
  temporaryDirectory?: string
  /** Registries: plain http, and certificates that nobody vouches for, are taken. */
  insecureRegistry?: boolean
  /** Registries: where certificates are, how long a server may say nothing. */
  registry?: Pick<RegistryOptions, 'certificates' | 'silenceMs' | 'backoffMs'>
  /** While layers are read for the first time, or go into a file. */
  onRead?: (progress: UnwrapProgress) => void
  signal?: AbortSignal
}>

/** One layer, as it was read. */
export type LayerFacts = Readonly<{
  /** Undefined where nothing says it (docker-archive). */
  digest?: string
  diffId: string
  compression: ReadLayer['compression']
  /** As it is kept or sent. */
  packedBytes: number
  /** Of its archive. */
  sizeBytes: number
}>

/** A container image that is open: every layer was read once, and its digests were checked. Dispose of it when done. */
export type ContainerImage = AsyncDisposable &
  Readonly<{
    fileSystem: FileSystem
    transport: ContainerAddress['transport']
    format: FoundImage['format']
    manifestDigest?: string
    configDigest: string
    platform: Platform
    created: string
    labels: Readonly<Record<string, string>>
    annotations: Readonly<Record<string, string>>
    /** From the lowest. */
    layers: readonly LayerFacts[]
  }>

/**
 * Opens a container image by its address. Every layer is read once, from its first byte to its last, for its entries and
 * its digests; nothing is unpacked. Throws CONTAINER_…, TAR_DAMAGED, LAYER_…, LAYERS_TOO_LARGE.
 */
export async function openContainer(
  location: string,
  options: OpenContainerOptions = {},
): Promise<ContainerImage> {
  const { signal, onRead, temporaryDirectory } = options
  await using stack = new AsyncDisposableStack()
  const address = parseContainerAddress(location)
  const unwrapping = {
    // From the network only where it was named: all of the layer comes over the line once more.
    directory:
      temporaryDirectory ??
      (address.transport === 'docker' ? undefined : (process.env['TMPDIR'] ?? '/var/tmp')),
    ...(onRead && { onUnwrap: onRead }),
    ...(signal && { signal }),
  }
  const found = await find(address, wantedPlatform(options.platform), stack, options, unwrapping)
  const replays = stack.use(new Replays(unwrapping))
  const totalBytes = found.layers.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0)
  const tree = new Tree()
  const unpacking = new UnpackLimit()
  const kept = new Units(KEPT_LAYER_BYTES)
  const contents: ByteSource[] = []
  const layers: LayerFacts[] = []
  let doneBytes = 0
  for (const [index, layer] of found.layers.entries()) {
    const what = `layer ${index + 1} of ${found.layers.length} (${layer.digest ?? layer.diffId})`
    const name = { what, image: location }
    const applier = new LayerApplier(tree, { number: index + 1, name: what })
    let packedBytes = 0
    const read = await readLayer(layer, name, applier, {
      limit: unpacking.layer(layer.digest ?? layer.diffId, name),
      onRead: (bytes) => {
        packedBytes = bytes
        onRead?.({ doneBytes: doneBytes + bytes, totalBytes })
      },
      ...(signal && { signal }),
    })
    doneBytes += packedBytes
    contents.push(layerContents(read, name, kept, blockReader(layer, read, packedBytes)))
    const { digest, diffId } = layer
    const { compression, sizeBytes } = read
    layers.push({ diffId, compression, packedBytes, sizeBytes, ...(digest && { digest }) })

    function blockReader({ bytes }: FoundLayer, facts: ReadLayer, sentBytes: number) {
      const { source } = bytes
      if (source !== undefined && facts.compression === 'none') {
        return (block: number, length: number) => source.read(block * BLOCK_BYTES, length)
      }
      return replays.readerOf({ ...facts, bytes, packedBytes: sentBytes, name })
    }
  }
  const fileSystem = layeredFileSystem(tree, location, (layer) => contents[layer - 1] as ByteSource)
  const keep = stack.move()
  const { format, manifestDigest, configDigest, config, annotations } = found
  const { platform, created, labels } = config
  return {
    fileSystem,
    transport: address.transport,
    format,
    configDigest,
    platform,
    created,
    labels,
    annotations,
    layers,
    ...(manifestDigest && { manifestDigest }),
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  }
}

async function find(
  address: ContainerAddress,
  wanted: Wanted,
  stack: AsyncDisposableStack,
  { insecureRegistry = false, registry }: OpenContainerOptions,
  unwrapping: Omit<ArchiveOptions, 'directory'> & Readonly<{ directory: string | undefined }>,
): Promise<FoundImage> {
  const { signal, directory = '/var/tmp' } = unwrapping
  const archive = { ...unwrapping, directory }
  const { text, transport } = address
  switch (transport) {
    case 'oci': {
      const files = layoutDirectory(address.path, stack)
      return findInLayout(files, text, address.reference, wanted, signal)
    }
    case 'oci-archive': {
      const files = await filesOfArchive(address.path, text, stack, archive)
      return findInLayout(files, text, address.reference, wanted, signal)
    }
    case 'docker-archive': {
      const files = await filesOfArchive(address.path, text, stack, archive)
      return findInDockerArchive(files, text, address.reference, wanted, signal)
    }
    case 'docker':
      return findInRegistry(address.name, text, wanted, stack, {
        ...registry,
        insecure: insecureRegistry,
        env: process.env,
        ...(signal && { signal }),
      })
    default:
      return transport satisfies never
  }
}

function wantedPlatform(platform: Platform | undefined): Wanted {
  if (platform !== undefined) return { ...platform, isAsked: true }
  return { os: 'linux', architecture: goName(process.arch), variant: '', isAsked: false }
}

/** Where a container image is, as containers-transports(5) writes it. */
type ContainerAddress = Readonly<{ text: string }> &
  (
    | Readonly<{ transport: 'oci' | 'oci-archive' | 'docker-archive'; path: string; reference: string }>
    | Readonly<{ transport: 'docker'; name: string }>
  )

/** Throws CONTAINER_TRANSPORT_UNKNOWN, CONTAINER_ADDRESS_INVALID. */
function parseContainerAddress(text: string): ContainerAddress {
  const [transport = ''] = text.split(':', 1)
  const rest = text.slice(transport.length + 1)
  if (transport === 'docker') {
    if (!rest.startsWith('//') || rest === '//') {
      throw raise('CONTAINER_ADDRESS_INVALID', { image: text, problem: 'behind "docker:" comes //NAME' })
    }
    return { text, transport, name: rest.slice(2) }
  }
  if (transport !== 'oci' && transport !== 'oci-archive' && transport !== 'docker-archive') {
    throw raise('CONTAINER_TRANSPORT_UNKNOWN', { image: text, transport })
  }
  const colon = rest.indexOf(':')
  const path = colon === -1 ? rest : rest.slice(0, colon)
  if (path === '') throw raise('CONTAINER_ADDRESS_INVALID', { image: text, problem: 'it names no path' })
  return { text, transport, path, reference: colon === -1 ? '' : rest.slice(colon + 1) }
}
