import type { ImageFacts } from '../../metal/index.ts'
import type { ImageRegistry } from '../../ports/index.ts'

/** What is deployed. */
export type WantedImage =
  | Readonly<{
      kind: 'registered'
      /** Name or id in the registry. */
      name: string
      registry: ImageRegistry
    }>
  | (Readonly<{
      kind: 'url'
      /** Of a raw or qcow2 disk, or of a base with a kernel and a ramdisk. */
      url: string
      hash: NonNullable<ImageFacts['hash']>
    }> &
      Partial<KernelPair>)
  | (Readonly<{ kind: 'network' }> & KernelPair)

/** URLs. */
type KernelPair = Readonly<{ kernel: string; ramdisk: string }>

/** What is known of the image. Throws what the registry says where it does not find exactly one. */
export async function findImage(wanted: WantedImage): Promise<ImageFacts> {
  switch (wanted.kind) {
    case 'registered':
      return wanted.registry.find(wanted.name)
    case 'network': {
      const { kernel, ramdisk } = wanted
      return { ...BY_URL, ...namedBy(kernel), kernel, ramdisk, containerFormat: 'ami' }
    }
    case 'url': {
      const { url, hash, kernel, ramdisk } = wanted
      const pair = kernel === undefined || ramdisk === undefined ? undefined : { kernel, ramdisk }
      return {
        ...BY_URL,
        ...namedBy(url),
        ...pair,
        containerFormat: pair === undefined ? 'bare' : 'ami',
        diskFormat: url.endsWith('.qcow2') ? 'qcow2' : 'raw',
        hash,
      }
    }
  }
}

const BY_URL = { status: 'active', visibility: 'public', minDiskGb: 0, minRamMb: 0, properties: {} } as const

function namedBy(url: string): Pick<ImageFacts, 'reference' | 'name'> {
  return { reference: url, name: url.split('/').at(-1) ?? url }
}
