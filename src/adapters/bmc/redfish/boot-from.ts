import { isAnnealError, isObject } from '../../../core/index.ts'
import type { BootOrder } from '../../../conductor/index.ts'
import { raise } from '../errors.ts'
import { bootOverrides } from './boot-override.ts'
import type { BootOverride } from './boot-override.ts'
import type { RedfishHttp, Reply } from './redfish-http.ts'
import { textIn, within } from './redfish-words.ts'
import type { Resource } from './redfish-words.ts'

/** What is done, and with which service: for messages. */
export type About = Readonly<{ action: string; bmc: string }>

const TARGET = 'BootSourceOverrideTarget'
const MODE = 'BootSourceOverrideMode'

/** How often a resource is read again because the service did not take its ETag. */
const TRIES = 5

/** A resource that is changed, as it was read. */
type Place = Readonly<{ path: string; shown: Reply }>

/**
 * Changes the boot override. A service names a second resource for settings (DSP0266 1.15, 9.10), and lets target and mode be
 * changed there or in the system, one here and the other there: where a resource shows a member, there it is changed.
 */
export async function bootFrom(
  http: RedfishHttp,
  path: string,
  order: BootOrder,
  about: About,
): Promise<BootOrder['lasts']> {
  const system = { path, shown: await http.get(path) }
  const settings = await settingsOf(http, system.shown)
  const placeOf = (member: string): Place =>
    settings !== undefined && member in bootOf(settings) ? settings : system
  const targetAt = placeOf(TARGET)
  const modeAt = placeOf(MODE)
  const boot = wholeBoot(targetAt === system ? [system, settings] : [settings, system])
  const choices = bootOverrides(boot, order)
  if ('unable' in choices)
    throw raise('BMC_UNABLE', { ...about, why: choices.unable, remedy: choices.remedy })
  let refusal: unknown
  for (const choice of choices) {
    try {
      if (modeAt === targetAt) await change(http, targetAt, choice, about)
      else await changeApart(http, { targetAt, modeAt, current: textIn(boot, MODE) }, choice, about)
      return choice.BootSourceOverrideEnabled === 'Once' ? 'once' : 'always'
    } catch (error) {
      if (!isAnnealError(error, 'BMC_REFUSED')) throw error
      refusal ??= error
    }
  }
  throw refusal
}

/** The mode where it belongs, first: the service may check the target against it. A mode that is right stays untouched. */
async function changeApart(
  http: RedfishHttp,
  { targetAt, modeAt, current }: Readonly<{ targetAt: Place; modeAt: Place; current: string | undefined }>,
  { BootSourceOverrideMode: mode, ...rest }: BootOverride,
  about: About,
): Promise<void> {
  if (mode !== undefined && mode !== current) {
    await change(http, modeAt, { BootSourceOverrideMode: mode }, about)
  }
  await change(http, targetAt, rest, about)
}

/** The resource of settings, where the service has one that can be read. */
async function settingsOf(http: RedfishHttp, system: Reply): Promise<Place | undefined> {
  const path = textIn(system.body, '@Redfish.Settings', 'SettingsObject', '@odata.id')
  if (path === undefined) return undefined
  try {
    return { path, shown: await http.get(path) }
  } catch (error) {
    if (isAnnealError(error, 'BMC_REFUSED')) return undefined
    throw error
  }
}

function bootOf({ shown }: Place): Resource {
  const boot = within(shown.body, 'Boot')
  return isObject(boot) ? boot : {}
}

/** The members of `Boot`, each out of the first resource that has a value for it. */
function wholeBoot(places: readonly (Place | undefined)[]): Resource {
  const known = places.flatMap((place) => (place === undefined ? [] : Object.entries(bootOf(place))))
  const whole: Record<string, unknown> = {}
  for (const [name, value] of known) if (value !== null) whole[name] ??= value
  return whole
}

async function change(
  http: RedfishHttp,
  { path, shown }: Place,
  wanted: Partial<BootOverride>,
  about: About,
): Promise<void> {
  let reply = shown
  for (let attempt = 1; ; attempt += 1) {
    const answer = await http.send('PATCH', path, { Boot: wanted }, tagFor(reply.etag, attempt))
    if (answer.status < 400) return
    if (attempt === TRIES) {
      const remedy = 'try again; somebody else may be changing the settings of the machine'
      const why = `status ${answer.status}: it does not take the ETag of its own resource`
      throw raise('BMC_REFUSED', { ...about, why, remedy })
    }
    reply = await http.get(path)
  }
}

/** Some services give a weak ETag and take it only without its mark, some take any but their own, some take none. */
function tagFor(etag: string | undefined, attempt: number): string | undefined {
  switch (attempt) {
    case 1:
    case 2:
      return etag
    case 3:
      return etag?.replace(/^W\//, '')
    case 4:
      return '*'
    default:
      return undefined
  }
}
