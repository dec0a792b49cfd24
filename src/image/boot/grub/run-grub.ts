import type { ImageFiles, TextFile } from '../image-files.ts'
import { entryNumber, escapeId, fallbackNumbers, restOfDefault } from './choose.ts'
import type { GrubDevices } from './devices.ts'
import { lookForModules } from './insmod.ts'
import { GrubMachine } from './machine.ts'
import { missingModule } from './modules.ts'
import type { GrubEntry, GrubMenu, Loaded } from './menu.ts'
import { Ended, GrubState, MOST_ENTRIES, MOST_NESTED, RELATIVE_PATHS } from './state.ts'
import type { Draft, GrubSetting, Opened, SetVariable } from './state.ts'

type Run = Readonly<{ state: GrubState; machine: GrubMachine }>

/** Runs a configuration, and then every entry of its menu (grub-core/normal/menu.c). */
export async function runGrub(
  files: ImageFiles,
  devices: GrubDevices,
  setting: GrubSetting,
  configuration: TextFile,
): Promise<GrubMenu> {
  const state = new GrubState(files, devices, setting)
  const machine = new GrubMachine(state)
  const { volume, prefix, platform, cpu } = state.setting
  const device = state.devices.nameOf(volume)
  for (const [name, value] of Object.entries({
    root: device,
    prefix: `(${device})${prefix}`,
    cmdpath: `(${device})`,
    grub_platform: platform,
    grub_cpu: cpu,
    color_normal: 'light-gray/black',
    color_highlight: 'black/light-gray',
    feature_chainloader_bpb: 'y',
    feature_ntldr: 'y',
    feature_platform_search_hint: 'y',
    feature_default_font_path: 'y',
    feature_all_video_module: 'y',
    feature_menuentry_id: 'y',
    feature_menuentry_options: 'y',
    feature_200_final: 'y',
    feature_nativedisk_cmd: 'y',
    feature_timeout_style: 'y',
  })) {
    state.context.variables.set(name, { value, source: { kind: 'made' }, exported: true })
  }
  if (state.setting.isRelative === true) {
    state.context.variables.set(RELATIVE_PATHS, { value: 'y', source: { kind: 'made' }, exported: true })
  }
  for (const [name, value] of state.setting.before ?? []) state.make(name, value)
  await lookForModules(state)
  let opened: Opened
  try {
    await machine.source(configuration, `(${device})${prefix}/grub.cfg`)
    opened = { menu: state.context.menu, variables: state.context.variables }
  } catch (error) {
    if (!(error instanceof Ended)) throw error
    opened = error.opened ?? { menu: state.context.menu, variables: state.context.variables }
  }
  const modules = state.modules?.copy()
  const entries: GrubEntry[] = []
  const chosen = await entriesOf({ state, machine }, opened, '', entries)
  for (const [module, { address }] of state.devices.unseen)
    state.findings.push(missingModule(state.modules?.program.file ?? '', module, address))
  return {
    entries,
    ...chosen,
    variables: opened.variables,
    ...(modules && { modules }),
    hasBls: state.hasBls,
    ...(state.blsCalledAt !== undefined && { blsCalledAt: state.blsCalledAt }),
    ...(state.blsOptionsAt !== undefined && { blsOptionsAt: state.blsOptionsAt }),
    understood: state.understood,
    findings: state.findings,
  }
}

/** Runs every entry of a menu, each as if it was chosen first. Gives which of them boots by itself. */
async function entriesOf(
  run: Run,
  { menu, variables }: Opened,
  prefix: string,
  entries: GrubEntry[],
): Promise<Pick<GrubMenu, 'fallbacks'> & { defaultIndex?: number }> {
  const { state } = run
  const { menus } = state.setting.dialect
  const wanted = variables.get('default')?.value ?? ''
  const asked = entryNumber(menu, wanted, menus)
  const first = asked === undefined || asked >= menu.length ? 0 : asked
  const places = new Map<number, number>()
  for (const [index, draft] of menu.entries()) {
    if (entries.length >= MOST_ENTRIES) {
      state.unclear(state.file, `it has more than ${MOST_ENTRIES} menu entries`)
      break
    }
    const place = await runEntry(run, draft, variables, `${prefix}${index}`, entries)
    if (place !== undefined) places.set(index, place)
  }
  const fallbacks = fallbackNumbers(menu, variables.get('fallback')?.value ?? '', menus)
  const defaultIndex = places.get(first)
  return {
    ...(defaultIndex !== undefined && { defaultIndex }),
    fallbacks: fallbacks.flatMap((index) => places.get(index) ?? []),
  }
}

/**
 * Ubuntu's entries boot without an initrd first, with `panic=-1`; where that fails, the next boot finds `initrdfail` set to 1
 * by its GRUB, and loads one. undefined where that makes no difference.
 */
async function secondTryOf(
  { state, machine }: Run,
  draft: Draft,
  variables: Map<string, SetVariable>,
  depth: number,
): Promise<Loaded | undefined> {
  const { context } = state
  state.context = { variables: new Map(variables), menu: [], parameters: draft.parameters }
  state.make('initrdfail', '1')
  state.loaded = { arguments: [], initrds: [] }
  try {
    await machine.apart(depth, () => machine.script(draft.script))
  } catch (error) {
    if (!(error instanceof Ended)) throw error
  }
  const { loaded } = state
  state.loaded = undefined
  state.context = context
  return loaded?.kernel !== undefined && loaded.initrds.length > 0 ? loaded : undefined
}

/** Gives the place of the entry; of a submenu that of the entry in it that boots by itself. */
async function runEntry(
  run: Run,
  draft: Draft,
  variables: Map<string, SetVariable>,
  position: string,
  entries: GrubEntry[],
): Promise<number | undefined> {
  const { state, machine } = run
  const before = { context: state.context, file: state.file, depth: machine.depth }
  const kept = new Map(variables)
  const modules = state.modules?.loaded
  state.context = {
    variables: draft.isSubmenu ? state.inherited(kept) : kept,
    menu: [],
    parameters: draft.parameters,
  }
  const outer = kept.get('chosen')?.value
  const chosen = `${outer === undefined ? '' : `${outer}>`}${escapeId(draft.id)}`
  state.make('chosen', chosen, true)
  const rest = restOfDefault(kept.get('default')?.value ?? '')
  if (rest !== undefined) state.make('default', rest)
  else if (!state.setting.dialect.keepsDefaultInSubmenus) state.context.variables.delete('default')
  state.loaded = { arguments: [], initrds: [] }
  state.file = draft.file
  let opened: Opened | undefined
  try {
    await machine.apart(before.depth, () => machine.script(draft.script))
  } catch (error) {
    if (!(error instanceof Ended)) throw error
    opened = error.opened
  }
  const loaded = state.loaded
  state.loaded = undefined
  const secondTry =
    loaded.kernel !== undefined && loaded.initrds.length === 0 && opened === undefined
      ? await secondTryOf(run, draft, variables, before.depth)
      : undefined
  if (draft.isSubmenu && state.context.menu.length > 0 && opened === undefined) {
    opened = { menu: state.context.menu, variables: state.context.variables }
  }
  let place: number | undefined
  const isLoaded = loaded.kernel !== undefined || loaded.other !== undefined
  if (opened === undefined || isLoaded) {
    if (!draft.isSubmenu || isLoaded) {
      place = entries.length
      entries.push({
        ...loaded,
        title: draft.title,
        id: draft.hasId ? draft.id : '',
        position,
        source: draft.source,
        chosen,
        ...(draft.made && { madeOf: draft.made }),
        ...(secondTry && { secondTry }),
      })
    }
  } else if (before.depth < MOST_NESTED) {
    const menu = opened
    const inside = await machine.apart(before.depth + 1, () => entriesOf(run, menu, `${position}>`, entries))
    place = inside.defaultIndex
  } else state.unclear(state.file, 'its menus open each other without end')
  state.context = before.context
  state.file = before.file
  if (modules !== undefined) state.modules?.restore(modules)
  return place
}
