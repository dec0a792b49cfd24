import type { Descriptor, Platform } from './documents.ts'
import { raise } from './errors.ts'

/** Which image of several is wanted. `isAsked`: somebody said so; else it is this machine's. */
export type Wanted = Platform & Readonly<{ isAsked: boolean }>

/**
 * The image of an index that is for a platform. Attestations (BuildKit lists them as unknown/unknown) count for nothing.
 * Where nobody asked, the only image there is counts. Throws CONTAINER_PLATFORM_NONE.
 */
export function choosePlatform(manifests: readonly Descriptor[], wanted: Wanted, image: string): Descriptor {
  const images = manifests.filter(({ platform }) => platform?.architecture !== 'unknown')
  const fitting = images.filter(({ platform }) => platform !== undefined && fits(platform, wanted))
  const chosen = fitting.find(({ platform }) => platform?.variant === wanted.variant) ?? fitting[0]
  if (chosen !== undefined) return chosen
  const [only] = images
  if (images.length === 1 && only !== undefined && (!wanted.isAsked || only.platform === undefined))
    return only
  throw noneFor(
    wanted,
    images.flatMap(({ platform }) => (platform === undefined ? [] : [platform])),
    image,
  )
}

/** Throws CONTAINER_PLATFORM_NONE where somebody asked for another. */
export function requirePlatform(platform: Platform, wanted: Wanted, image: string): void {
  if (wanted.isAsked && !fits(platform, wanted)) throw noneFor(wanted, [platform], image)
}

/** A variant that is not asked for may be any. */
function fits({ os, architecture, variant }: Platform, wanted: Wanted): boolean {
  const sameVariant = !wanted.isAsked || wanted.variant === '' || variant === '' || variant === wanted.variant
  return os === wanted.os && architecture === wanted.architecture && sameVariant
}

function noneFor(wanted: Platform, present: readonly Platform[], image: string): Error {
  return raise('CONTAINER_PLATFORM_NONE', {
    image,
    wanted: platformName(wanted),
    present: present.length === 0 ? 'no platform' : present.map(platformName).join(', '),
  })
}

/** `linux/arm64/v8`. */
export function platformName({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== '').join('/')
}

/** `linux/arm64/v8`, or an architecture alone. Undefined where it is neither. */
export function parsePlatform(text: string): Platform | undefined {
  const parts = text.split('/')
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9_.-]+$/.test(part))) return undefined
  const [first = '', second, variant = ''] = parts
  return second === undefined
    ? { os: 'linux', architecture: goName(first), variant }
    : { os: first, architecture: goName(second), variant }
}

/** Architectures as Go calls them; others are taken as they are. */
export function goName(architecture: string): string {
  const names: Readonly<Record<string, string>> = {
    x64: 'amd64',
    x86_64: 'amd64',
    aarch64: 'arm64',
    ia32: '386',
    ppc64: 'ppc64le',
  }
  return names[architecture] ?? architecture
}
