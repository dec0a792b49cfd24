/**
 * Since which systemd its boot loader and its stub do what (NEWS of systemd 257 to 262, and the sources of 252, 257 and 262). A
 * program that says no version counts as the newest.
 */
const SINCE = {
  /** An entry of its own for each profile of a unified kernel image. */
  profiles: 257,
  /** `uki` and `uki-url` of a type #1 entry; one that also names another program is none. */
  uki: 258,
  /** `profile` of a type #1 entry. */
  profileKey: 259,
  /** The counter of a file name is left out of the id of each profile; before, of the first one alone. */
  profileIds: 259,
  preferred: 260,
  /** `extra` of a type #1 entry. */
  extra: 261,
  /** No profile but the first boots by itself, and the first ones come before the others. */
  firstProfiles: 261,
  /** The stub takes the initrds of a boot loader; before, it gave up where there were any. */
  initrdsOfLoader: 261,
} as const

export function knows(version: number | undefined, what: keyof typeof SINCE): boolean {
  return version === undefined || version >= SINCE[what]
}

/** Of what a boot loader or a stub says of itself: `#### LoaderInfo: systemd-boot 257.13-1~deb13u1 ####`. */
export function versionIn(text: string, program: 'systemd-boot' | 'systemd-stub'): number | undefined {
  const [, version] = new RegExp(`#### LoaderInfo: ${program} (\\d{1,5})`).exec(text) ?? []
  return version === undefined ? undefined : Number(version)
}
