import type { Volume } from '../../stack/index.ts'
import type { ImageFiles } from '../image-files.ts'
import { ANY_EFI_NAME, architectureByName, readEfiProgram } from './efi-program.ts'
import type { EfiProgram } from './efi-program.ts'

export type EfiPrograms = Readonly<{
  /** The program of shim that looks for what to start, where it finds nothing: it resets the machine. */
  resets?: string
  /** What loads the kernel in the end; undefined where it cannot be told by the programs. */
  started?: EfiProgram
  /** What is on the partition, by its directories below /EFI; BOOT is the last one. */
  directories: readonly Readonly<{ path: string; names: readonly string[] }>[]
  architecture: EfiProgram['architecture']
}>

/** UEFI 2.10, 3.5.1.1: what firmware starts from a disk that it has no entry for. */
const DEFAULT_PROGRAM = new RegExp(`^boot(${ANY_EFI_NAME})\\.efi$`, 'i')
const GRUB_PROGRAM = new RegExp(`^grub(${ANY_EFI_NAME})?\\.efi$`, 'i')
const FALLBACK_PROGRAM = new RegExp(`^(fb|fallback)(${ANY_EFI_NAME})?\\.efi$`, 'i')
/** What the fallback program reads. */
const FALLBACK_LIST = new RegExp(`^boot(${ANY_EFI_NAME})?\\.csv$`, 'i')

/** Which one counts where programs of several lie there. */
const BY_NAME = ['x86_64', 'arm64', 'riscv64', 'loongarch64', 'arm'] as const

/**
 * What UEFI firmware starts from this disk on a machine that does not know it: the default program of EFI/BOOT. Where
 * that is shim, the GRUB beside it, or, where shim's fallback is there, the one in the directory that has a BOOT.CSV.
 */
export async function findEfiPrograms(files: ImageFiles, esp: Volume): Promise<EfiPrograms> {
  const all: { path: string; names: readonly string[] }[] = []
  for (const vendor of await files.names(esp, '/EFI')) {
    const path = `/EFI/${vendor}`
    all.push({ path, names: await files.names(esp, path) })
  }
  const isDefault = ({ path }: { path: string }): boolean => /^\/efi\/boot$/i.test(path)
  const boot = all.find(isDefault)
  const directories = [...all.filter((one) => !isDefault(one)), ...(boot === undefined ? [] : [boot])]
  const names = directories.flatMap((one) => one.names)
  const said = new Set(names.map(architectureByName))
  const byName = BY_NAME.find((one) => said.has(one)) ?? 'unknown'
  const name = boot?.names.filter((one) => DEFAULT_PROGRAM.test(one)).toSorted(x64First)[0]
  if (boot === undefined || name === undefined) return { directories, architecture: byName }
  const first = await readEfiProgram(files, esp, `${boot.path}/${name}`)
  const architecture = first === undefined || first.architecture === 'unknown' ? byName : first.architecture
  if (first?.kind !== 'shim') {
    return {
      directories,
      architecture,
      ...(first !== undefined && first.kind !== 'unknown' && { started: first }),
    }
  }
  const fallback = boot.names.find((one) => FALLBACK_PROGRAM.test(one))
  const vendor =
    fallback === undefined
      ? undefined
      : directories.find((one) => one !== boot && one.names.some((file) => FALLBACK_LIST.test(file)))
  // shim starts it whatever else lies there, and `find_boot_options` of its fallback.c passes over EFI/BOOT.
  if (fallback !== undefined && vendor === undefined)
    return { directories, architecture, resets: `${boot.path}/${fallback}` }
  for (const directory of [vendor, boot]) {
    const grub = directory?.names.find((one) => GRUB_PROGRAM.test(one))
    if (directory === undefined || grub === undefined) continue
    const second = await readEfiProgram(files, esp, `${directory.path}/${grub}`)
    if (second !== undefined && second.kind !== 'unknown')
      return { directories, architecture, started: second }
  }
  return { directories, architecture }
}

function x64First(a: string, b: string): number {
  return Number(/x64/i.test(b)) - Number(/x64/i.test(a)) || (a < b ? -1 : 1)
}
