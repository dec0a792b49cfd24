/** What a container image says of how it is to be installed and booted. */
export type ContainerBoot = Readonly<{
  /** It has the label `containers.bootc`: made for bootc. */
  isBootc: boolean
  /** The type of file system that it wants for its root. */
  rootType?: Readonly<{ type: string; file: string }>
  /** `enabled` of [composefs] in prepare-root.conf: whether its files are sealed when it boots. */
  composefs?: Readonly<{ enabled: string; file: string }>
}>
