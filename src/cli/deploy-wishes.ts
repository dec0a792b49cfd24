import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { openArtifactImages, openImages, publicKeys } from '../app/metal/index.ts'
import type { WantedImage } from '../app/metal/index.ts'
import { decodeBootArguments } from '../contract/index.ts'
import { yamlValue } from '../core/index.ts'
import type { DriveWishes, PlainArgument } from '../metal/index.ts'
import { cloudOptions } from './cloud-flags.ts'
import type { CLOUD_FLAGS } from './cloud-flags.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { raise } from './errors.ts'
import { KARG_FLAGS } from './karg-flags.ts'

/** What is deployed. */
export const IMAGE_FLAGS = {
  image: {
    kind: 'text',
    placeholder: 'IMAGE',
    help: 'Deploy IMAGE: a name or id in Glance, the URL of a raw or qcow2 image (needs --checksum), or oci://REGISTRY/NAME:TAG for an Ironic of release 29 or newer; with --conductor any image file or URL that it can open, or the directory of a boot set',
    flagOnly: true,
  },
  kernel: {
    kind: 'text',
    placeholder: 'URL',
    help: 'Boot the kernel at URL; needs --ramdisk',
    flagOnly: true,
  },
  ramdisk: {
    kind: 'text',
    placeholder: 'URL',
    help: 'Boot with the ramdisk at URL; needs --kernel',
    flagOnly: true,
  },
  checksum: {
    kind: 'text',
    placeholder: 'ALG:HEX',
    help: 'Verify the image at a URL: sha256:… or sha512:…',
    flagOnly: true,
  },
  'image-cloud': {
    kind: 'text',
    placeholder: 'NAME',
    help: 'Find the image in the Glance of this cloud; by default that of --cloud',
  },
} as const satisfies FlagTable

/** Kernel arguments. */
export const ARGUMENT_FLAGS = {
  boot: {
    kind: 'text',
    placeholder: 'FILE',
    help: 'Take kernel arguments from this boot.json of `anneal image convert`, for an image without the property kernel_cmdline',
    flagOnly: true,
  },
  ...KARG_FLAGS,
} as const satisfies FlagTable

/** The arguments of a boot.json (schema anneal.boot/1), each with the file of the image that it is from. */
export function bootContract(file: string | undefined, command: string): readonly PlainArgument[] {
  if (file === undefined) return []
  const fail = (why: string): Error =>
    raise('USAGE', { command, why: `--boot "${file}": ${why}`, help: `${command} --help` })
  try {
    const contract = decodeBootArguments(readFileSync(file, 'utf8'))
    return contract.map(({ text, source }) => ({ text, origin: source }))
  } catch (error) {
    throw fail((error as Error).message)
  }
}

/** What the machine finds on its config drive. */
export const DRIVE_FLAGS = {
  'user-data': {
    kind: 'text',
    placeholder: 'FILE',
    help: 'Put this cloud-init user data on the config drive',
    flagOnly: true,
  },
  'network-data': {
    kind: 'text',
    placeholder: 'FILE',
    help: 'Put this network_data.json (or YAML) on the config drive',
    flagOnly: true,
  },
  'ssh-key': {
    kind: 'list',
    placeholder: 'FILE',
    help: 'Let the public keys in FILE log in; can be repeated',
    flagOnly: true,
  },
  hostname: {
    kind: 'text',
    placeholder: 'NAME',
    help: 'Set the host name; by default the name of the node',
    flagOnly: true,
  },
} as const satisfies FlagTable

type ImageFlags = FlagValues<typeof IMAGE_FLAGS> & FlagValues<typeof CLOUD_FLAGS>

/** Which image is meant. Throws USAGE where the flags do not say exactly one. */
export function wantedImage(flags: ImageFlags, command: string): WantedImage {
  const fail = (why: string): Error => raise('USAGE', { command, why, help: `${command} --help` })
  const { image, kernel, ramdisk, checksum } = flags
  if ((kernel === undefined) !== (ramdisk === undefined)) throw fail('--kernel and --ramdisk need each other')
  const pair = kernel === undefined || ramdisk === undefined ? undefined : { kernel, ramdisk }
  if (image === undefined) {
    if (pair === undefined) throw fail('it needs --image, or --kernel and --ramdisk')
    return { kind: 'network', ...pair }
  }
  const isInRegistry = image.startsWith('oci://')
  if (isInRegistry || !/^(https?|file):\/\//.test(image)) {
    if (checksum !== undefined && isInRegistry)
      throw fail('--checksum is for an image at a URL; one of a registry is verified by its digests')
    if (checksum !== undefined)
      throw fail('--checksum is for an image at a URL; Glance has the checksums of its images')
    if (pair !== undefined)
      throw fail('--kernel and --ramdisk are not for an image in Glance or a registry, which names its own')
    if (isInRegistry) return { kind: 'registered', name: image, registry: openArtifactImages(process.env) }
    const registry = openImages(cloudOptions({ cloud: flags['image-cloud'] ?? flags.cloud }))
    return { kind: 'registered', name: image, registry }
  }
  const hash = /^(sha256|sha512):([0-9a-f]{64}|[0-9a-f]{128})$/.exec(checksum ?? '')
  if (hash === null) throw fail('an image at a URL needs --checksum sha256:… or sha512:…')
  return {
    kind: 'url',
    url: image,
    ...pair,
    hash: { algorithm: hash[1] ?? '', value: hash[2] ?? '' },
  }
}

/** What the flags ask the config drive to hold. Throws SSH_KEY_INVALID, USAGE. */
export function driveWishes(flags: FlagValues<typeof DRIVE_FLAGS>, command: string): DriveWishes {
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      throw raise('USAGE', { command, why: (error as Error).message, help: `${command} --help` }, error)
    }
  }
  const userData = flags['user-data']
  const networkData = flags['network-data']
  return {
    sshKeys: flags['ssh-key'].flatMap((file) => publicKeys(file, read(file))),
    ...(userData === undefined ? {} : { userData: read(userData) }),
    ...(networkData === undefined
      ? {}
      : { networkData: networkTree(networkData, read(networkData), command) }),
    ...(flags.hostname === undefined ? {} : { hostname: flags.hostname }),
  }
}

function networkTree(file: string, text: string, command: string): Readonly<Record<string, unknown>> {
  const fail = (why: string): Error =>
    raise('USAGE', { command, why: `--network-data "${file}": ${why}`, help: `${command} --help` })
  let tree: unknown
  try {
    tree = yamlValue(parseDocument(text))
  } catch (error) {
    throw fail((error as Error).message)
  }
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) throw fail('it is not a map')
  return tree as Readonly<Record<string, unknown>>
}
