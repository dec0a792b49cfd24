import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { cpioHeader, cpioPadding, cpioTrailer } from '../../formats/cpio/index.ts'

export type RamdiskFile = Readonly<{
  /** Relative to `/`. */
  path: string
  /** With the kind of the file: 0o100755, 0o120777. */
  mode: number
  /** Of a link: where it leads to. */
  content: Uint8Array
}>

const compress = promisify(zstdCompress)
const FOLDER = 0o040755
const LEVEL = 9
/** The kernel takes up to 2^27; this much memory is needed beside the content while it unpacks. */
const WINDOW_LOG = 23

/** One cpio archive: folders before what is in them, sorted, owned by root, without times. The same files give the same bytes. */
export function packFiles(files: readonly RamdiskFile[], folders: readonly string[]): Uint8Array {
  const members = new Map<string, RamdiskFile>()
  const addFolder = (path: string): void => {
    if (path === '' || members.has(path)) return
    addFolder(path.split('/').slice(0, -1).join('/'))
    members.set(path, { path, mode: FOLDER, content: new Uint8Array(0) })
  }
  for (const path of folders) addFolder(path)
  for (const file of files) {
    addFolder(file.path.split('/').slice(0, -1).join('/'))
    members.set(file.path, file)
  }
  const parts: Uint8Array[] = []
  for (const { path, mode, content } of [...members.values()].toSorted((a, b) =>
    a.path < b.path ? -1 : 1,
  )) {
    parts.push(
      cpioHeader({ name: path, mode, sizeBytes: content.length }),
      content,
      new Uint8Array(cpioPadding(content.length)),
    )
  }
  return Buffer.concat([...parts, cpioTrailer()])
}

export async function compressArchive(archive: Uint8Array): Promise<Uint8Array> {
  return compress(archive, {
    params: {
      [constants.ZSTD_c_compressionLevel]: LEVEL,
      [constants.ZSTD_c_windowLog]: WINDOW_LOG,
      [constants.ZSTD_c_checksumFlag]: 0,
    },
  })
}
