import type { ArgumentSource } from '../contract.ts'
import type { Finding } from '../../../core/index.ts'
import type { Volume } from '../../stack/index.ts'
import type { Expanded } from './expand.ts'
import type { Variables } from './environment.ts'
import type { GrubModules } from './modules.ts'

export type GrubFile = Readonly<{ volume: Volume; path: string; source: ArgumentSource }>

/** What an entry loads when it is chosen. */
export type Loaded = Readonly<{
  kernel?: GrubFile
  arguments: readonly Expanded[]
  initrds: readonly GrubFile[]
  devicetree?: GrubFile
  /** A command that loads something else than a Linux kernel, with its words: `multiboot2 /boot/xen.gz`. */
  other?: string
  /** The file that `chainloader` names. */
  chained?: GrubFile
}>

export type GrubEntry = Loaded &
  Readonly<{
    title: string
    /** '' where it has none. */
    id: string
    /** As `default` may name it: `1>0` is the first entry of the second submenu. */
    position: string
    source: ArgumentSource
    /** What stands in `$chosen` when it runs, which is what `savedefault` keeps. */
    chosen: string
    /** What it loads when its first try was without an initrd and failed: Ubuntu's cloud images (`initrdfail`). */
    secondTry?: Loaded
    /** Made of a BLS entry or a unified kernel image: that file. */
    madeOf?: Readonly<{ file: string; optionsLine?: number; options: string; version: string }>
  }>

export type GrubMenu = Readonly<{
  /** Of the menu and its submenus, in their order. */
  entries: readonly GrubEntry[]
  /** Of `entries`: what GRUB boots by itself. undefined where there is none. */
  defaultIndex?: number
  /** Of `entries`: what is tried where that fails, one after the other. */
  fallbacks: readonly number[]
  variables: Variables
  /** Whether entries were made by `blscfg`. */
  hasBls: boolean
  /** The first call of `blscfg`, also where this GRUB has no such command. */
  blsCalledAt?: string
  /** The first call of `blscfg` with options, which only upstream’s has: `address:path:line`. */
  blsOptionsAt?: string
  /** False where something was not understood: a variable that is not set may be set by GRUB. */
  understood: boolean
  findings: readonly Finding[]
  /** Which it has when the menu is shown. */
  modules?: GrubModules
}>
