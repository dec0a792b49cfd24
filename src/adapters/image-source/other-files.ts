import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { ByteSource } from '../../bytes/index.ts'
import type { Decompress, OtherFile } from '../../formats/qcow2/index.ts'
import type { OtherExtent } from '../../formats/vmdk/index.ts'
import { raise } from './errors.ts'
import { openFileSource } from './file-source.ts'
import type { FileSource } from './file-source.ts'

export type OpenOther = (file: OtherFile | OtherExtent) => Promise<ByteSource>

const USES = { dataFile: 'data file', backingFile: 'backing file', extent: 'extent' } as const
/** An overlay of an overlay of …: no more than so many. */
const MAX_DEPTH = 16

/**
 * Opens the backing and data files of qcow2 images and the extents of VMDK images, within one directory and nowhere else: whoever makes an image
 * chooses the names in it, and could name any file that the user may read (CVE-2015-5163, CVE-2024-32498). A name is
 * taken from that directory, or is absolute and lies in it; symbolic links are resolved before that is judged. Only
 * formats that the image names are opened, never guessed ones. What is opened goes to `opened`, to be disposed of.
 * Throws IMAGE_OTHER_FILE_REFUSED.
 */
export function otherFilesIn(
  directory: string,
  decompress: Decompress,
  opened: (source: FileSource) => void,
): OpenOther {
  const openAt =
    (depth: number) =>
    async (file: OtherFile | OtherExtent): Promise<ByteSource> => {
      const { name, format, use } = file
      const refuse = (reason: string): Error =>
        raise('IMAGE_OTHER_FILE_REFUSED', { name, reason, use: USES[use] })
      if (depth > MAX_DEPTH) throw refuse(`it is the ${MAX_DEPTH + 1}th in a chain, or the chain is a circle`)
      // json:, nbd:// and the like: QEMU's protocols have a colon before any slash.
      if (/^[^/]*:/.test(name) || name.includes('\0')) throw refuse('it is no path of a file')
      const home = await realpath(directory)
      const path = await realpath(resolve(home, name)).catch(() => undefined)
      if (path === undefined) throw refuse(`there is no such file in "${home}"`)
      const within = relative(home, path)
      if (within === '' || within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within)) {
        throw refuse(`it is outside of "${home}"`)
      }
      if (format !== 'raw' && format !== 'qcow2')
        throw refuse(`its format is "${format}"; raw and qcow2 are read`)
      const source = await openFileSource(path)
      opened(source)
      if (format === 'raw') return source
      const { openQcow2 } = await import('../../formats/qcow2/index.ts')
      return (await openQcow2(source, { decompress, openOther: openAt(depth + 1) })).source
    }
  return openAt(1)
}
