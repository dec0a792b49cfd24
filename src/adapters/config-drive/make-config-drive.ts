import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../folders/index.ts'
import { fromBytes } from '../../bytes/index.ts'
import type { ConfigDriveContent, MakeConfigDrive } from '../../ports/index.ts'
import { raise } from './errors.ts'
import { runTool } from './run-tool.ts'

const LABEL = 'config-2'
/** As Ironic has it: larger ones are refused there. */
const MOST_BYTES = 64 * 1024 * 1024
const MIB = 1024 * 1024

/**
 * Config drives as Ironic makes them: OpenStack's documents in ISO 9660 with Rock Ridge and Joliet, by genisoimage or xorriso.
 * Linux mounts no ISO 9660 on a disk with sectors of more than 2048 bytes (fs/isofs/inode.c): such a disk gets FAT, by mkfs.fat
 * and mtools, the other file system that cloud-init looks at. Content lies in a directory of the user's own while it is packed.
 */
export const makeConfigDrive: MakeConfigDrive = async (content, sectorSizeBytes, signal) => {
  const files = filesOf(content)
  const sizeBytes = Object.values(files).reduce((sum, { length }) => sum + length, 0)
  if (sizeBytes > MOST_BYTES) throw raise('CONFIG_DRIVE_TOO_LARGE', { sizeBytes, mostBytes: MOST_BYTES })
  // Only its owner may enter it (mkdtemp(3)): user data holds secrets.
  const directory = await mkdtemp(join(tmpdir(), 'anneal-config-drive-'))
  try {
    const tree = join(directory, 'tree')
    const latest = join(tree, 'openstack', 'latest')
    await makeFolder(latest)
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(latest, name), bytes)
    const image =
      sectorSizeBytes > 2048
        ? await makeFat(directory, tree, { sizeBytes, sectorSizeBytes }, signal)
        : await makeIso(tree, signal)
    if (image.length > MOST_BYTES)
      throw raise('CONFIG_DRIVE_TOO_LARGE', { sizeBytes: image.length, mostBytes: MOST_BYTES })
    return fromBytes(image, 'config drive')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function filesOf({
  metaData,
  userData,
  networkData,
}: ConfigDriveContent): Readonly<Record<string, Uint8Array>> {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  return {
    'meta_data.json': encode(JSON.stringify(metaData)),
    ...(userData !== undefined && {
      user_data: typeof userData === 'string' ? encode(userData) : userData,
    }),
    ...(networkData !== undefined && { 'network_data.json': encode(JSON.stringify(networkData)) }),
  }
}

/** Both programs take the options of mkisofs, and write to their standard output. */
async function makeIso(tree: string, signal?: AbortSignal): Promise<Uint8Array> {
  const options = ['-quiet', '-J', '-r', '-V', LABEL, tree]
  const tools = [
    { program: 'genisoimage', argv: ['-ldots', '-allow-lowercase', '-allow-multidot', '-l', ...options] },
    { program: 'xorriso', argv: ['-as', 'mkisofs', '-o', '-', ...options] },
  ]
  return runTool(tools, 'genisoimage', signal)
}

async function makeFat(
  directory: string,
  tree: string,
  { sizeBytes, sectorSizeBytes }: Readonly<{ sizeBytes: number; sectorSizeBytes: number }>,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const image = join(directory, 'image')
  // Tables of the file system and a cluster more for each file fit into a mebibyte.
  const blocks = (Math.ceil(sizeBytes / MIB) + 2) * 1024
  const argv = ['-C', '-S', String(sectorSizeBytes), '-n', LABEL, image, String(blocks)]
  await runTool([{ program: 'mkfs.fat', argv }], 'dosfstools', signal)
  const copy = ['-i', image, '-s', join(tree, 'openstack'), '::']
  await runTool([{ program: 'mcopy', argv: copy }], 'mtools', signal)
  return readFile(image)
}
