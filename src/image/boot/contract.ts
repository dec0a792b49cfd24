import type { Finding, KernelArgument } from '../../core/index.ts'
import type { Deployment } from './ostree.ts'
import type { Loader } from './loader.ts'

/** A file of the image that a boot needs. `openBootFile` opens it. */
export type BootFile = Readonly<{
  /** Of the file system that holds it: `p1`, `atomicos/root`. */
  address: string
  /** Absolute in that file system, without symbolic links. */
  path: string
  sizeBytes: number
  /** Where it is a section of a unified kernel image: that section. */
  section?: Readonly<{ name: string; offsetBytes: number; lengthBytes: number }>
}>

/** Where an argument comes from. `file` is `address:path`, `line` counts from 1. */
export type ArgumentSource =
  | Readonly<{
      kind: 'bls' | 'grub.cfg' | 'grubenv' | 'extlinux.conf' | 'uki' | 'cmdline' | 'bootc'
      file: string
      line?: number
    }>
  /** Made by Anneal: the image has none. */
  | Readonly<{ kind: 'made' }>
  /** Given by whoever ran it: `--karg`. */
  | Readonly<{ kind: 'karg' }>

export type BootArgument = KernelArgument & Readonly<{ source: ArgumentSource; reason: string }>

/** The file system that becomes `/` (with ostree: `/sysroot`). */
export type RootVolume = Readonly<{
  address: string
  /** As blkid says. */
  type: string
  uuid: string
  label: string
  /** `vg/lv`, where it is a logical volume. */
  logicalVolume?: string
  /** Path of the subvolume that becomes `/`, from the top level, where it is not that. */
  subvolume?: string
}>

/** Everything that boots an image without its boot loader: what a netboot has to be given. */
export type BootContract = Readonly<{
  /** The id of the boot entry that this is. */
  entry: string
  title: string
  loader: Loader
  /** Which firmware boots this; `either` where it makes no difference. */
  firmware: 'bios' | 'uefi' | 'either'
  kernel: BootFile
  /** In the order in which they are loaded. */
  initrds: readonly BootFile[]
  devicetree?: BootFile
  arguments: readonly BootArgument[]
  /** What is behind ` -- `: init's arguments. */
  init: string
  /** All of it, as the kernel gets it. */
  commandLine: string
  /** Undefined where neither `root=` nor what was found says which it is. */
  root?: RootVolume
  deployment?: Deployment
  /** `root=` of the entry, where that names a partition or a device of one machine and another one was made. */
  rootBefore?: string
  findings: readonly Finding[]
}>
