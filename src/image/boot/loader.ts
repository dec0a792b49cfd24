import type { GrubKind } from './grub/dialect.ts'

/** A boot loader that is installed on an image, and what says so. */
export type Loader = Readonly<{
  kind: 'grub' | 'grub-blscfg' | 'systemd-boot' | 'extlinux' | 'none'
  /** Its configuration, as `address:path`; '' where it has none. */
  configuration: string
  /** What was seen of it. */
  reason: string
  /** Which GRUB it is, and what says so. */
  grub?: GrubKind
  grubReason?: string
}>
