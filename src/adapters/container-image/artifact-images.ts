import { diskFormatOf, readArtifacts } from '../../formats/oci/index.ts'
import type { Artifacts } from '../../formats/oci/index.ts'
import type { ImageFacts } from '../../metal/index.ts'
import type { ImageRegistry } from '../../ports/index.ts'
import { openArtifacts, parseArtifactAddress } from './artifact-repository.ts'
import type { RegistryOptions } from './connect-registry.ts'
import { raise } from './errors.ts'

/** A registry as the place where a deployer finds its images, by `oci://…`. */
export function artifactImages(options: Omit<RegistryOptions, 'insecure'>): ImageRegistry {
  return {
    async find(text) {
      const address = parseArtifactAddress(text, 'tag or digest')
      await using stack = new AsyncDisposableStack()
      const repository = await openArtifacts(address, stack, { ...options, insecure: false, actions: 'pull' })
      const { tag, digest } = address.reference
      const signal = options.signal ?? new AbortController().signal
      const found = await repository.manifest(digest ?? tag ?? 'latest', signal)
      if (found === undefined) {
        throw raise('CONTAINER_IMAGE_NOT_FOUND', {
          image: text,
          problem: `${address.reference.registry} has no ${digest ?? tag ?? 'latest'} of it`,
        })
      }
      return imageFacts(text, repository.name, found.digest, readArtifacts(found.bytes, text))
    },
  }
}

/** Pure: what Ironic would make of it. */
export function imageFacts(
  reference: string,
  repository: string,
  digest: string,
  found: Artifacts,
): ImageFacts {
  const { kind, listed, annotations } = found
  const [algorithm = '', value = ''] = digest.split(':')
  const common = {
    reference,
    name: reference.replace(/^oci:\/\//, ''),
    status: 'active',
    visibility: 'public',
    minDiskGb: 0,
    minRamMb: 0,
    properties: annotations,
    hash: { algorithm, value },
  }
  const size = Number(annotations['anneal_size'])
  const virtual = Number.isSafeInteger(size) && size > 0 ? { virtualSizeBytes: size } : {}
  if (kind === 'container') return { ...common, containerFormat: 'bootc' }
  // A digest leads to one manifest, of which Ironic does not read what it is: it looks into the data.
  if (kind === 'one') {
    const diskFormat = listed.map(diskFormatOf).find((one) => one !== undefined)
    return { ...common, ...virtual, containerFormat: 'bare', diskFormat: diskFormat ?? 'raw' }
  }
  const of = (role: string): string | undefined => listed.find(({ diskType }) => diskType === role)?.digest
  const disks = listed.filter((one) => diskFormatOf(one) !== undefined)
  const [first] = disks
  if (first !== undefined) {
    const architectures = disks.map(({ architecture }) => architecture)
    return {
      ...common,
      ...virtual,
      containerFormat: 'bare',
      diskFormat: diskFormatOf(first) ?? 'raw',
      ...(architectures.includes('') ? {} : { architectures }),
    }
  }
  const [kernel, ramdisk] = [of('kernel'), of('ramdisk')]
  const at = (one: string): string => `oci://${repository}@${one}`
  return {
    ...common,
    containerFormat: 'ami',
    diskFormat: 'raw',
    ...(kernel === undefined ? {} : { kernel: at(kernel) }),
    ...(ramdisk === undefined ? {} : { ramdisk: at(ramdisk) }),
  }
}
