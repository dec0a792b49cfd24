import type { Finding } from '../../core/index.ts'
import type { ArgumentSource, BootArgument, BootFile } from './contract.ts'
import type { Deployment } from './ostree.ts'

/** One thing that an image can boot, whatever describes it, with all files found. */
export type BootEntry = Readonly<{
  /** BLS: the file name without `.conf` and boot counter. GRUB: `--id`, or the position in the menu. UKI: the file name; `name.efi@id` for a profile but the first. */
  id: string
  title: string
  version: string
  source: 'bls' | 'grub.cfg' | 'extlinux.conf' | 'uki' | 'modules'
  /** Where it is described: `address:path`. */
  file: string
  triesLeft?: number
  /** Absent where the entry boots something else, or something that is not there: `unbootable` says what. */
  kernel?: BootFile
  unbootable?: string
  /** It boots something that needs its boot loader: another kernel, another boot loader. */
  isOther?: boolean
  /** What the boot loader’s `default` may call it. */
  names?: readonly string[]
  /** Of a unified kernel image with several profiles: which one, but the first (0), which boots by itself. */
  profile?: number
  initrds: readonly BootFile[]
  /** What its boot loader loads at the second try, where the first one is without an initrd: a netboot has no second try. */
  secondTry?: BootEntry
  devicetree?: BootFile
  /** Of the image's own description. */
  arguments: readonly BootArgument[]
  /** Where the entry itself has its command line; the line is left out where it has none yet. What a variable stands for is elsewhere. */
  argumentsAt?: Extract<ArgumentSource, { file: string }>
  /** What is behind ` -- `. */
  init: string
  deployment?: Deployment
  /** About this entry alone: they matter where it is chosen. */
  findings: readonly Finding[]
}>
