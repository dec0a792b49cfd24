/** A deploy ramdisk that was built; also its manifest. */
export type DeployRamdiskDocument = Readonly<{
  schema: 'anneal.deploy-ramdisk/1'
  /** Of Debian: `amd64`. */
  architecture: string
  /** `6.1.0-57-amd64`. */
  kernelVersion: string
  kernel: RamdiskFileFacts
  ramdisk: RamdiskFileFacts
  /** What the ramdisk takes of the machine's memory. */
  unpackedBytes: number
  /** Drivers, and the modules that they stand on. */
  moduleCount: number
  /** Debian packages of which something is in it. */
  packages: readonly RamdiskPackage[]
}>

export type RamdiskFileFacts = Readonly<{
  /** Name in the output directory. */
  file: string
  sizeBytes: number
  /** Hexadecimal. */
  sha256: string
}>

export type RamdiskPackage = Readonly<{ name: string; version: string; architecture: string }>

/** Packages from which a deploy ramdisk would be built. */
export type DeployRamdiskPlanDocument = Readonly<{
  schema: 'anneal.deploy-ramdisk-plan/1'
  architecture: string
  /** `name=version`, or files of the directory that was given. */
  packages: readonly string[]
}>
