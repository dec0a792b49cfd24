import { toHex } from '../../../core/index.ts'
import type { Finding } from '../../../core/index.ts'
import { readFile } from '../../../formats/filesystem/index.ts'
import type { Volume } from '../../stack/index.ts'
import type { BootEntry } from '../entry.ts'
import { finding } from '../findings.ts'
import type { ImageFiles } from '../image-files.ts'
import { iniValue } from '../ini.ts'
import type { Deployment, FoundDeployment } from '../ostree.ts'
import type { ComposefsFacts } from './facts.ts'
import type { ComposefsImages } from './images.ts'

const OBJECTS = '/ostree/repo/objects'
/** ostree-prepare-root(1). The initramfs has a copy of its own, which is not looked into. */
const CONFIGURATIONS = ['/etc/ostree/prepare-root.conf', '/usr/lib/ostree/prepare-root.conf']
const ARGUMENT = 'ostree.prepare-root.composefs'
/** Metadata of commits hold tables of packages at the most. */
const LARGEST_COMMIT = 64 << 20

/** The deployment with the composefs image that ostree has put into it, where it has one. */
export async function withOstreeComposefs(
  files: ImageFiles,
  volume: Volume,
  deployment: Deployment,
  images: ComposefsImages | undefined,
): Promise<FoundDeployment> {
  const { path, commit, stateroot } = deployment
  const image = `${path}/.ostree.cfs`
  if (!(await files.isFile(volume, image, { lastLink: 'keep' }))) return { deployment }
  const opened = await images?.open(volume, image, OBJECTS, 'sha256')
  const tree =
    opened?.tree &&
    (await images?.mounted(volume, image, opened.tree, [
      { name: 'etc', path: `${path}/etc` },
      { name: 'var', path: `/ostree/deploy/${stateroot}/var` },
    ]))
  const expected = await commitDigest(files, volume, commit)
  const composefs: ComposefsFacts = {
    by: 'ostree',
    enabled: await enabledIn(files, volume, path),
    image,
    objects: OBJECTS,
    hash: 'sha256',
    digest: opened?.digest ?? null,
    expected: expected === undefined ? null : { digest: expected, by: `commit ${commit}` },
  }
  return { deployment: { ...deployment, composefs }, ...(tree && { tree }) }
}

async function commitDigest(files: ImageFiles, volume: Volume, commit: string): Promise<string | undefined> {
  const path = `${OBJECTS}/${commit.slice(0, 2)}/${commit.slice(2)}.commit`
  const found = await files.find(volume, path)
  if (found?.kind !== 'file') return undefined
  const bytes = await files.reading(volume, path, (signal) =>
    readFile(volume.fileSystem, found.id, {
      path,
      limitBytes: LARGEST_COMMIT,
      ...(signal && { signal }),
    }),
  )
  return bytes && composefsDigestOf(bytes)
}

async function enabledIn(
  files: ImageFiles,
  volume: Volume,
  root: string,
): Promise<ComposefsFacts['enabled']> {
  for (const path of CONFIGURATIONS) {
    const file = await files.text(volume, path, { root })
    if (file !== undefined) return enabledOf(iniValue(file.text, 'composefs', 'enabled'), 'no')
  }
  return 'no'
}

/** As ostree reads a tristate, and two words more. */
const WORDS: Readonly<Record<string, ComposefsFacts['enabled']>> = {
  yes: 'yes',
  true: 'yes',
  '1': 'yes',
  no: 'no',
  false: 'no',
  '0': 'no',
  maybe: 'maybe',
  verity: 'verity',
  signed: 'signed',
}

/** What is none of ostree's words keeps the system from booting; `otherwise` stands for it. */
function enabledOf(
  said: string | undefined,
  otherwise: ComposefsFacts['enabled'],
): ComposefsFacts['enabled'] {
  return (said === undefined ? undefined : WORDS[said]) ?? otherwise
}

/** The deployment as an entry boots it: an argument wins over its configuration. And what keeps it from booting. */
export function asBooted(
  deployment: Deployment,
  entry: BootEntry,
): Readonly<{ deployment: Deployment; findings: readonly Finding[] }> {
  const argument = entry.arguments.findLast(({ key }) => key === ARGUMENT)?.value
  const { composefs: facts, address } = deployment
  if (facts === undefined) return { deployment, findings: [] }
  const enabled = argument === undefined ? facts.enabled : enabledOf(argument, facts.enabled)
  const composefs = { ...facts, enabled }
  const { digest, expected } = facts
  // Without fs-verity objects have no digests in the image: it is another one than the commit means, and nobody compares.
  const isWrong = enabled === 'signed' && expected !== null && digest !== null && digest !== expected.digest
  return {
    deployment: { ...deployment, composefs },
    findings: isWrong
      ? [
          finding(
            'COMPOSEFS_DIGEST_DIFFERS',
            `${address}:${facts.image}`,
            `its fs-verity digest is ${digest}, and ${expected.by} says ${expected.digest}`,
          ),
        ]
      : [],
  }
}

/** OSTREE_COMPOSEFS_DIGEST_KEY_V0. */
const KEY = new TextEncoder().encode('ostree.composefs.digest.v0\0')
const DIGEST_BYTES = 32

/**
 * The composefs digest in the metadata of a commit object of ostree; undefined where it has none. The metadata are a
 * GVariant `a{sv}` at the beginning of the object: an entry is the key, padded to a multiple of eight, the digest, a zero and
 * its type, `ay` (GVariant specification, 2.5).
 */
export function composefsDigestOf(commit: Uint8Array): string | undefined {
  const at = indexOf(commit, KEY)
  if (at === -1) return undefined
  const start = Math.ceil((at + KEY.length) / 8) * 8
  const end = start + DIGEST_BYTES
  const isBytes = commit[end] === 0 && commit[end + 1] === 0x61 && commit[end + 2] === 0x79
  return isBytes ? toHex(commit.subarray(start, end)) : undefined
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  const [first = 0] = wanted
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1))
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at
  return -1
}
