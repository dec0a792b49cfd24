import type { Finding } from '../../core/index.ts'
import type { OsReleaseFacts, OstreeDeployment } from './system.ts'

/** What is on an image, and how it boots. */
export type ImageDocument = Readonly<{
  schema: 'anneal.image/1'
  image: ImageFileFacts
  /** Of a container image. */
  container?: ImageContainer
  /** The disk, with everything in it. */
  stack: StackPart
  layout: ImageLayout
  /** Of the system that boots by itself; null where none was found. */
  osRelease: OsReleaseFacts | null
  /** Of ostree. */
  deployments: readonly OstreeDeployment[]
  /** Earlier versions did not say it. */
  firmware?: ImageFirmware
  loader: ImageLoader
  /** What can be booted, in the order of the menu. */
  entries: readonly ImageBootEntry[]
  /** How the chosen entry boots; null where it cannot, and then `refusal` says why. */
  contract: ImageBootContract | null
  refusal: ImageRefusal | null
  findings: readonly Finding[]
}>

export type ImageRefusal = Readonly<{ code: string; message: string; remedy: string }>

/** Something that a reader noticed and went on in spite of. */
export type ImageWarning = Readonly<{ code: string; message: string }>

export type ImageFileFacts = Readonly<{
  /** As it was given. */
  name: string
  type: 'raw' | 'qcow2' | 'vmdk' | 'vdi' | 'vhd' | 'vhdx' | 'iso' | 'oci' | 'docker'
  /** Which of its kinds, where the format has several: `dynamic`, `fixed`, `streamOptimized`. Earlier versions did not say it. */
  variant?: string
  /** What it is packed in: `none`, `gzip`, `tar in gzip`. */
  wrapper: string
  /** Bytes of the file; behind a wrapper, of what it becomes; of a container, of its layers as they are kept. */
  imageBytes: number
  /** Bytes of the disk; of a container, of the files in its layers. */
  diskBytes: number
  /** Of the disk that the image was made for: 512 or 4096; null where neither a partition table nor the image says it. */
  sectorSizeBytes?: number | null
  warnings: readonly ImageWarning[]
}>

/** What a container image says of itself. */
export type ImageContainer = Readonly<{
  transport: 'oci' | 'oci-archive' | 'docker-archive' | 'docker'
  /** Digest of the manifest; null where there is none (docker-archive). */
  manifestDigest: string | null
  configDigest: string
  /** `linux/arm64/v8`. */
  platform: string
  /** RFC 3339; empty where it is not said. */
  created: string
  labels: Readonly<Record<string, string>>
  /** From the lowest. */
  layers: readonly ImageContainerLayer[]
  /** It has the label `containers.bootc`: made for bootc. */
  isBootc: boolean
  /** The type of file system that it wants for its root, and the file that says so; null where none does. */
  rootType: Readonly<{ type: string; file: string }> | null
  /** Whether its files are sealed when it boots: `enabled` of [composefs] in prepare-root.conf; null where nothing says so. */
  composefs: Readonly<{ enabled: string; file: string }> | null
}>

export type ImageContainerLayer = Readonly<{
  /** Of the layer as it is kept; null where nothing says it (docker-archive). */
  digest: string | null
  /** Of the archive that it becomes. */
  diffId: string
  compression: 'gzip' | 'zstd' | 'none'
  packedBytes: number
  /** Of its archive. */
  sizeBytes: number
}>

/** A disk, a partition, a mirror (md RAID 1), a volume group, a logical volume, or what firmware starts from a disc (El Torito). */
export type StackPart = Readonly<{
  /** What people type to name it: empty for the disk, `p2`, `atomicos/root`, `et2`. */
  address: string
  role: 'disk' | 'container' | 'partition' | 'mirror' | 'volume group' | 'logical volume' | 'boot image'
  name: string
  sizeBytes: number
  /** Of a partition. */
  partition?: StackPartition
  content: StackContent
  warnings: readonly ImageWarning[]
  children: readonly StackPart[]
}>

export type StackPartition = Readonly<{
  number: number
  /** From the beginning of the disk. */
  offsetBytes: number
  /** GPT: the type GUID in lower case. MBR: the type byte as `0x8e`. */
  type: string
  /** `EFI System`; empty where the type is not known. */
  typeName: string
  /** Empty for MBR. */
  label: string
  /** As Linux makes it: PARTUUID. */
  partUuid: string
  bootable: boolean
}>

/** A tree of files that can be mounted by itself. */
export type Subvolume = Readonly<{
  /** As `subvolid=` has it. */
  id: number
  /** From the top level; that one is `/`. */
  path: string
  /** Mounted where none is named. */
  isDefault: boolean
  isReadOnly: boolean
}>

/** What the bytes of a part are. */
export type StackContent =
  | Readonly<{
      kind: 'file system'
      /** As blkid says. */
      type:
        | 'ext2'
        | 'ext3'
        | 'ext4'
        | 'xfs'
        | 'btrfs'
        | 'squashfs'
        | 'erofs'
        | 'vfat'
        | 'iso9660'
        | 'container'
      label: string
      uuid: string
      /** Of the disk that it was made for, where it says so. */
      sectorSizeBytes?: number
      blockSizeBytes: number
      /** What the file system covers. */
      sizeBytes: number
      freeBytes: number
      features: readonly string[]
      /** Of btrfs. */
      subvolumes?: readonly Subvolume[]
      /** False where its journal has to be replayed first, or errors are recorded. */
      clean: boolean
    }>
  | Readonly<{
      kind: 'partition table'
      scheme: 'mbr' | 'gpt'
      /** GPT: the disk GUID. MBR: the disk signature as eight hexadecimal digits. */
      id: string
      sectorSizeBytes: number
    }>
  | Readonly<{
      kind: 'logical volumes'
      name: string
      /** As LVM writes it, with dashes. */
      uuid: string
      extentSizeBytes: number
      /** Of all extents. */
      sizeBytes: number
      /** Of extents that no logical volume has. */
      freeBytes: number
      /** Addresses of the parts that are its physical volumes. */
      physicalVolumes: readonly string[]
    }>
  | Readonly<{
      kind: 'physical volume'
      /** Name of the group. */
      volumeGroup: string
      uuid: string
      /** What each part of it belongs to, from its beginning to its end. */
      ranges: readonly PhysicalRange[]
    }>
  /** A member of a mirror (md RAID 1): what is in it is in the part that has this address. */
  | Readonly<{ kind: 'mirror member'; mirror: string; uuid: string }>
  | Readonly<{ kind: 'swap'; label: string; uuid: string }>
  /** Recognised, and not readable: ZFS, LUKS, a file system that is damaged. */
  | Readonly<{ kind: 'unreadable'; type: string; label: string; uuid: string; refusal: ImageRefusal }>
  | Readonly<{ kind: 'unknown' }>

/** A part of a physical volume. */
export type PhysicalRange = Readonly<{
  offsetBytes: number
  lengthBytes: number
  /** `unknown` belongs to something whose layout is not read. */
  use: 'metadata' | 'free' | 'unknown' | 'volume' | 'stripe'
  /** Name of the logical volume, of a `volume` and a `stripe`. */
  volume?: string
  /** Where in the logical volume the range, or the segment of the stripe, begins. */
  volumeOffsetBytes?: number
  /** Of a `stripe`: its number, how many there are, and how long each is. */
  index?: number
  count?: number
  stripeBytes?: number
}>

export type ImageLayout = Readonly<{
  /** How the system is kept in its file system. */
  system: 'ostree' | 'composefs' | 'plain' | 'container' | 'none'
  /** The file system that becomes `/`. */
  root: Readonly<{ address: string; reason: string }> | null
  /** What holds /boot. `directory` is empty where the file system is /boot itself. */
  boot: Readonly<{ address: string; directory: '' | '/boot'; reason: string }> | null
  /** Address of the EFI system partition. */
  esp: string | null
}>

/** A boot loader that is installed on the image. */
export type ImageLoader = Readonly<{
  kind: 'grub' | 'grub-blscfg' | 'systemd-boot' | 'extlinux' | 'none'
  /** `address:path`; empty where it has none. */
  configuration: string
  /** For people: what was seen of it. */
  reason: string
  /** Which GRUB it is, and what says so. */
  grub?: 'upstream' | 'upstream-blsuki' | 'fedora' | 'suse'
  grubReason?: string
}>

/** Which firmware the rest is about, and what the other one boots. */
export type ImageFirmware = Readonly<{
  /** `either` where it makes no difference, or no boot loader says which. */
  answer: 'bios' | 'uefi' | 'either'
  /** The firmware was asked for with `--firmware`. */
  asked: boolean
  /** The two boot different things. */
  differ: boolean
  /** Null where the other firmware has no boot loader to run. */
  other: Readonly<{
    firmware: 'bios' | 'uefi' | 'either'
    loader: ImageLoader
    default: ImageBootEntry | null
    entries: readonly Readonly<{ id: string; title: string; file: string }>[]
  }> | null
}>

/** A file of the image that a boot needs. */
export type ImageBootFile = Readonly<{
  /** Of the file system that holds it. */
  address: string
  /** In that file system, without symbolic links. */
  path: string
  sizeBytes: number
  /** Where it is a section of a unified kernel image. */
  section?: Readonly<{ name: string; offsetBytes: number; lengthBytes: number }>
}>

/** Where a kernel argument comes from. */
export type ImageArgumentSource =
  | Readonly<{
      kind: 'bls' | 'grub.cfg' | 'grubenv' | 'extlinux.conf' | 'uki' | 'cmdline' | 'bootc'
      /** `address:path`. */
      file: string
      /** From 1. */
      line?: number
    }>
  /** `made`: by Anneal, because the image has none. `karg`: given with `--karg`. */
  | Readonly<{ kind: 'made' | 'karg' }>

/** A kernel argument. */
export type ImageArgument = Readonly<{
  /** As it is on the command line. */
  text: string
  key: string
  /** Absent where there is no `=`. */
  value?: string
  source: ImageArgumentSource
  /** For people: why it is there. */
  reason: string
}>

/** One thing that an image can boot. */
export type ImageBootEntry = Readonly<{
  id: string
  title: string
  version: string
  source: 'bls' | 'grub.cfg' | 'extlinux.conf' | 'uki' | 'modules'
  /** Where it is described: `address:path`. */
  file: string
  /** Boots by itself. */
  isDefault: boolean
  /** Of the boot counter. */
  triesLeft?: number
  /** Absent where the entry boots something else; then `unbootable` says what. */
  kernel?: ImageBootFile
  unbootable?: string
  /** It boots another kernel or another boot loader, which needs its boot loader. */
  isOther?: boolean
  /** What the `default` of the boot loader may call it. */
  names?: readonly string[]
  /** Of a unified kernel image with several profiles: which one, from 1; the first one (0) boots by itself, and has none. */
  profile?: number
  initrds: readonly ImageBootFile[]
  devicetree?: ImageBootFile
  arguments: readonly ImageArgument[]
  /** Where the entry itself has its command line. */
  argumentsAt?: ImageArgumentSource
  /** What is behind ` -- ` on the command line. */
  init: string
  /** Path of the ostree deployment that it boots. */
  deployment: string | null
  findings: readonly Finding[]
}>

/** Everything that boots the image without its boot loader. */
export type ImageBootContract = Readonly<{
  /** Id of the entry that this is. */
  entry: string
  /** Which firmware boots this; `either` where it makes no difference. Earlier versions did not say it. */
  firmware?: 'bios' | 'uefi' | 'either'
  title: string
  loader: ImageLoader
  kernel: ImageBootFile
  /** In the order in which they are loaded. */
  initrds: readonly ImageBootFile[]
  devicetree?: ImageBootFile
  arguments: readonly ImageArgument[]
  /** `root=` of the entry, where that names a partition or a device of one machine and another one was made. */
  rootBefore?: string
  /** What is behind ` -- ` on the command line. */
  init: string
  /** All of it, as the kernel gets it. */
  commandLine: string
  /** The file system that becomes `/`; absent where nothing says which it is. */
  root?: Readonly<{
    address: string
    /** As blkid says. */
    type: string
    uuid: string
    label: string
    /** `vg/lv`, where it is a logical volume. */
    logicalVolume?: string
    /** btrfs: path of the subvolume that becomes `/`, from the top level, where it is not that. */
    subvolume?: string
  }>
  deployment?: OstreeDeployment
  findings: readonly Finding[]
}>
