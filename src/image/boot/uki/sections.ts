import type { PeSection } from '../../../formats/pe/index.ts'
import { knows, versionIn } from '../systemd-boot/since.ts'

/**
 * What a stub takes from a unified kernel image (UAPI.5, “Multi-Profile UKIs”; `find_sections` of systemd's
 * src/boot/stub.c): of each name the first section. Sections before the first `.profile` are for all profiles. From one
 * `.profile` to the next they are that profile's, and take the place of the others; an empty one takes it away.
 */
export type UkiSections = Readonly<{
  /** From 0, which is what boots where none is asked for. */
  profile: number
  find: (name: string) => PeSection | undefined
}>

/** UNIFIED_PROFILES_MAX of systemd-boot. */
const MOST_PROFILES = 256

/** One for each profile; one where there are none, or where the stub is older than profiles. */
export function profilesOf(
  sections: readonly PeSection[],
  stubVersion: number | undefined,
): readonly UkiSections[] {
  if (!knows(stubVersion, 'profiles')) return [{ profile: 0, find: firstOf(sections) }]
  const starts = sections.flatMap(({ name }, index) => (name === '.profile' ? [index] : []))
  const base = firstOf(sections.slice(0, starts[0] ?? sections.length))
  if (starts.length === 0) return [{ profile: 0, find: base }]
  return starts.slice(0, MOST_PROFILES).map((start, profile) => {
    const own = firstOf(sections.slice(start, starts[profile + 1] ?? sections.length), { withEmpty: true })
    return {
      profile,
      find: (name) => {
        const section = own(name) ?? base(name)
        return section === undefined || section.lengthBytes === 0 ? undefined : section
      },
    }
  })
}

function firstOf(
  sections: readonly PeSection[],
  options: Readonly<{ withEmpty?: true }> = {},
): UkiSections['find'] {
  return (name) => {
    const first = sections.find((one) => one.name === name)
    return first?.lengthBytes === 0 && options.withEmpty !== true ? undefined : first
  }
}

/** Far more than any text in one. */
const TEXT_LIMIT_BYTES = 1 << 16

export async function textOf(section: PeSection | undefined): Promise<string> {
  if (section === undefined) return ''
  const bytes = await section.source.read(0, Math.min(section.lengthBytes, TEXT_LIMIT_BYTES))
  return new TextDecoder()
    .decode(bytes)
    .replace(/\0[^]*$/, '')
    .trim()
}

/** Of systemd's stub, by what it says in itself; undefined where it says nothing. */
export async function stubVersionOf(sections: readonly PeSection[]): Promise<number | undefined> {
  const said = await textOf(sections.find(({ name }) => name === '.sdmagic'))
  return versionIn(said, 'systemd-stub')
}
