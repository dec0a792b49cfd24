import type { Expansion } from '../arguments.ts'
import { EXIT, isAnnealError } from '../../../core/index.ts'
import type { Volume } from '../../stack/index.ts'
import type { BootFile } from '../contract.ts'
import type { BootEntry } from '../entry.ts'
import type { ImageFiles } from '../image-files.ts'
import { knows } from '../systemd-boot/since.ts'
import { readUki } from '../uki.ts'
import type { GivenToStub } from '../uki.ts'
import { stubVersionOf } from './sections.ts'

/** What a boot loader runs a unified kernel image with: also `profile`, where it asks for one. */
export type StartOfUki = GivenToStub & Readonly<{ profile?: number }>

/**
 * What boots where a boot loader starts the file as a program: undefined where it is no unified kernel image, and a text where
 * its stub gives up. `@2` at the start of the options asks for the third profile (`process_arguments` of systemd's
 * src/boot/stub.c).
 */
export async function startUki(
  files: ImageFiles,
  volume: Volume,
  file: BootFile,
  { profile: asked, ...given }: StartOfUki,
): Promise<BootEntry | string | undefined> {
  const stub = await stubOf(files, volume, file.path)
  if (stub === undefined) return undefined
  const takesInitrds = knows(stub.version, 'initrdsOfLoader')
  if (!takesInitrds && (given.initrds ?? []).length > 0)
    return `systemd-stub ${stub.version} gives up where a boot loader has loaded an initrd`
  const { profile, options } = withoutProfile(given.options, asked)
  const { options: _, ...others } = given
  const all = await readUki(files, volume, file.path, { ...others, ...(options && { options }) })
  const wanted = knows(stub.version, 'profiles') ? profile : 0
  const found = all.find(({ sorting }) => (sorting.profile ?? 0) === wanted)
  return found?.entry ?? (all.length === 0 ? undefined : `${file.path} has no profile ${wanted}`)
}

/** systemd-boot puts the number of `profile` before the options, and what counts is the first one. */
function withoutProfile(
  options: Expansion | undefined,
  asked: number | undefined,
): Readonly<{ profile: number; options?: Expansion }> {
  if (asked !== undefined && asked > 0) return { profile: asked, ...(options && { options }) }
  const [first, ...others] = options?.arguments ?? []
  const [, number] = /^@(\d{1,9})$/.exec(first?.text ?? '') ?? []
  if (options === undefined || number === undefined) return { profile: 0, ...(options && { options }) }
  const isAll = others.length === 0 && options.init === ''
  return { profile: Number(number), ...(!isAll && { options: { ...options, arguments: others } }) }
}

/** undefined where it has no kernel in a section of its own. */
async function stubOf(
  files: ImageFiles,
  volume: Volume,
  path: string,
): Promise<Readonly<{ version: number | undefined }> | undefined> {
  const found = await files.find(volume, path)
  const source = found?.kind === 'file' ? await files.open(volume, found) : undefined
  if (source === undefined) return undefined
  try {
    const { openPe } = await import('../../../formats/pe/index.ts')
    const { sections } = await openPe(source)
    if (!sections.some(({ name }) => name === '.linux')) return undefined
    return { version: await stubVersionOf(sections) }
  } catch (error) {
    if (!isAnnealError(error) || error.exit !== EXIT.refused) throw error
    return undefined
  }
}
