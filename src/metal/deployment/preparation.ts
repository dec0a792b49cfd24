import type { ImageFacts } from '../image.ts'
import type { ConductorRoute } from '../route.ts'

/** What a machine is prepared for, in the words of no service. `deployment` is kept with the machine. */
export type Preparation = Form & Readonly<{ deployment: string }>

/** How an image gets onto a machine, and what the machine boots then. */
export type Form = DiskForm | BaseForm | NetworkForm | ComposedForm

/** The image is written over the whole disk. The machine boots by the boot loader in it. */
export type DiskForm = Readonly<{ kind: 'disk'; image: SourceImage }>

/** The image is written into a partition of that size, and boots nothing by itself. */
export type BaseForm = Readonly<{ kind: 'base'; image: SourceImage; sizeGib: number }>

/** The machine boots kernel and ramdisk over the network. Nothing is written. */
export type NetworkForm = Readonly<{
  kind: 'network'
  kernel: string
  ramdisk: string
  /** Empty: the machine gets no arguments of its own. */
  commandLine: string
  /** The base that is on the disk already, and the time at which the machine became active with it. */
  base?: Readonly<{ reference: string; writtenAt: string }>
}>

/** Anneal’s own conductor opens the image and makes disk and command line of it. */
export type ComposedForm = Readonly<{
  kind: 'composed'
  image: ConductorImage
  route: ConductorRoute
  addedArguments: readonly string[]
  deletedArguments: readonly string[]
  /** What no disk that is written may hold: `label=data`. */
  keeps: readonly string[]
}>

export type SourceImage = Pick<ImageFacts, 'reference' | 'hash' | 'diskFormat'>

/** An image that Anneal’s conductor opens itself. */
export type ConductorImage = Readonly<{
  /** A path on the conductor’s machine or an address, as `anneal image inspect` takes it; or the directory of a boot set. */
  location: string
  /**
   * `whole-disk`: the machine boots its own disk. `trio`: kernel and ramdisk come over the network, the root is on the disk. `live`: all
   * comes over the network at each start and runs from memory; the location is a directory of `anneal image convert --live`.
   */
  form: 'whole-disk' | 'trio' | 'live'
  /** How much of what was written is read back. */
  verify: 'sample' | 'all' | 'none'
}>
