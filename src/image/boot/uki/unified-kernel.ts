import { findVolume } from '../../stack/index.ts'
import type { StackNode } from '../../stack/index.ts'
import type { BootEntry } from '../entry.ts'
import { finding } from '../findings.ts'
import type { ImageFiles } from '../image-files.ts'
import { startUki } from './start-uki.ts'

/**
 * The entry of a boot loader that knows no unified kernel images and names one as its kernel: what the stub in it makes of it,
 * and of the loader's initrds and arguments. Any other entry stays as it is.
 */
export async function withUnifiedKernel(
  files: ImageFiles,
  disk: StackNode,
  entry: BootEntry,
): Promise<BootEntry> {
  const { kernel, initrds, arguments: all, init, secondTry: _second, ...about } = entry
  if (kernel === undefined || kernel.section !== undefined) return entry
  const hasOptions = all.length > 0 || init !== ''
  const started = await startUki(files, findVolume(disk, kernel.address), kernel, {
    initrds,
    ...(hasOptions && { options: { arguments: all, init, findings: [] } }),
  })
  if (started === undefined) return entry
  if (typeof started === 'string')
    return { ...about, initrds: [], arguments: [], init: '', unbootable: started, isOther: true }
  const told = finding('KERNEL_IS_UNIFIED', entry.file, kernel.path)
  return {
    ...about,
    ...started,
    id: entry.id,
    title: entry.title,
    version: entry.version === '' ? started.version : entry.version,
    source: hasOptions ? entry.source : 'uki',
    file: entry.file,
    findings: [...entry.findings, ...started.findings, told],
  }
}
