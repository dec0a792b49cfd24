import { isAnnealError } from '../../core/index.ts'
import type { HookTried, LibvirtFacts } from '../../node/index.ts'
import type {
  ExecResult,
  GuestsRead,
  GuestsToRead,
  HooksToTry,
  ImageProbe,
  NodeEngine,
  RunOnceOptions,
  StateStore,
} from '../../ports/index.ts'
import {
  FACTS_SCRIPT,
  FILTERS_SCRIPT,
  HOOK_GUESTS,
  POOLS_SCRIPT,
  READ_SCRIPT,
  definitionIn,
  drivenPools,
  hookScript,
  hooksTried,
  machineTypes,
  refusedNames,
  sections,
  statusFileFor,
  wholeAnswer,
  withEnd,
} from './probe-script.ts'

/**
 * Bound what hangs, in the first and in the second attempt: a question that hung once was answered each time when it was asked again. A
 * busy machine needs seconds, one that is emulated more than a minute.
 */
const TIMEOUTS_MS = [90_000, 180_000] as const
/** Not a flag of any libvirt: an image that "knows" it was not really asked. */
const CONTROL_FLAG = 'anneal-control-flag'
/** Status files of either kind in one run. */
const PART = 150
const CACHE_DIR = '/var/cache/libvirt/qemu/capabilities'

type Known = {
  facts?: LibvirtFacts
  cache?: { name: string; xml: string }
  flags: Record<string, boolean>
  /** Whether the image has hooks for guests; absent in files of earlier versions. */
  hooks?: boolean
  /** Types of storage pools that its libvirt has a driver for. */
  poolTypes?: readonly string[]
  /** Files of its network filters. */
  networkFilters?: readonly string[]
}

/**
 * Asks images by running them: `runOnce` gives no network, no host mounts and namespaces of their own, so their
 * libvirt sees nothing of this host. Answers are kept by image id, which names the content.
 */
export function libvirtImages(
  engine: NodeEngine,
  state: Pick<StateStore, 'readFile' | 'saveFile'>,
): ImageProbe {
  const fileOf = (imageId: string): string => `image-${imageId.replace(/^sha256:/, '')}.json`
  const remembered = async (imageId: string): Promise<Known> => {
    const text = await state.readFile(fileOf(imageId))
    return text === undefined ? { flags: {} } : (JSON.parse(text) as Known)
  }
  const remember = (imageId: string, known: Known): Promise<void> =>
    state.saveFile(fileOf(imageId), JSON.stringify(known))

  const factsOf = async (imageId: string): Promise<Known> => {
    const known = await remembered(imageId)
    if (known.facts !== undefined && known.hooks !== undefined) return known
    const answer = await runScript(engine, imageId, FACTS_SCRIPT, {})
    if (answer === undefined) return known
    const fresh = { ...known, ...parseFacts(imageId, answer) }
    await remember(imageId, fresh)
    return fresh
  }

  /** What a script lists in the image, asked once. */
  const listOf = async (
    imageId: string,
    name: 'poolTypes' | 'networkFilters',
    script: string,
    parse: (answer: string) => readonly string[],
  ): Promise<readonly string[] | undefined> => {
    const known = await remembered(imageId)
    if (known[name] !== undefined) return known[name]
    const answer = await runScript(engine, imageId, script, {})
    if (answer === undefined) return undefined
    const listed = parse(answer)
    await remember(imageId, { ...known, [name]: listed })
    return listed
  }

  return {
    libvirtFacts: async (imageId) => (await factsOf(imageId)).facts,

    async readGuests(imageId: string, question: GuestsToRead): Promise<GuestsRead | undefined> {
      const known = await remembered(imageId)
      const open = question.flags.filter((flag) => known.flags[flag] === undefined)
      const refused: string[] = []
      for (const part of parts(question.statusFiles, open)) {
        const read = await ask(engine, imageId, part.statusFiles, part.flags)
        if (read === undefined) return undefined
        refused.push(...read.refused)
        for (const flag of part.flags) known.flags[flag] = !read.unknownFlags.includes(flag)
      }
      if (open.length > 0) await remember(imageId, known)
      return { refused, unknownFlags: question.flags.filter((flag) => known.flags[flag] === false) }
    },

    async tryHooks(imageId, { guests, mounts }) {
      if (guests.length === 0) return []
      if (mounts.length === 0 && (await factsOf(imageId)).hooks === false) return []
      return tryHooks(engine, imageId, guests, mounts)
    },

    poolTypes: (imageId) => listOf(imageId, 'poolTypes', POOLS_SCRIPT, drivenPools),

    networkFilters: (imageId) =>
      listOf(imageId, 'networkFilters', FILTERS_SCRIPT, (answer) =>
        answer.split('\n').filter((line) => line !== ''),
      ),

    async prewarm(containerId, imageId) {
      const { cache } = await factsOf(imageId)
      if (cache === undefined) return 'this image has no libvirt to warm'
      await engine.putFiles(containerId, { [`${CACHE_DIR}/${cache.name}`]: cache.xml })
      return `${CACHE_DIR}/${cache.name}`
    },
  }
}

/** libvirt starts a thread for every guest it loads, and a throw-away container has a limit on those. */
function parts(statusFiles: GuestsToRead['statusFiles'], flags: readonly string[]): readonly GuestsToRead[] {
  const found: GuestsToRead[] = []
  for (let at = 0; at < Math.max(statusFiles.length, flags.length); at += PART) {
    found.push({ statusFiles: statusFiles.slice(at, at + PART), flags: flags.slice(at, at + PART) })
  }
  return found
}

async function ask(
  engine: NodeEngine,
  imageId: string,
  statusFiles: GuestsToRead['statusFiles'],
  flags: readonly string[],
): Promise<GuestsRead | undefined> {
  const asked = [CONTROL_FLAG, ...flags]
  const names = asked.map((_, index) => `anneal-flag-${index}`)
  const files = Object.fromEntries([
    ...statusFiles.map(({ name, xml }) => [`/run/libvirt/qemu/${name}.xml`, xml]),
    ...asked.map((flag, index) => [
      `/run/libvirt/qemu/${names[index]}.xml`,
      statusFileFor(flag, names[index] ?? '', 100_000 + index),
    ]),
  ]) as Record<string, string>
  const refused = new Set(refusedNames((await runScript(engine, imageId, READ_SCRIPT, files)) ?? ''))
  if (!refused.has(names[0] ?? '')) return undefined
  return {
    refused: statusFiles.map(({ name }) => name).filter((name) => refused.has(name)),
    unknownFlags: flags.filter((_, index) => refused.has(names[index + 1] ?? '')),
  }
}

async function tryHooks(
  engine: NodeEngine,
  imageId: string,
  guests: HooksToTry['guests'],
  mounts: HooksToTry['mounts'],
): Promise<readonly HookTried[] | undefined> {
  const files = Object.fromEntries(
    guests.flatMap(({ name, xml }, index) => [
      [`${HOOK_GUESTS}/${index}.name`, name],
      [`${HOOK_GUESTS}/${index}.xml`, definitionIn(xml)],
    ]),
  ) as Record<string, string>
  const answer = await runScript(engine, imageId, hookScript(), files, mounts)
  if (answer === undefined) return undefined
  return hooksTried(answer).map((one) => ({ ...one, guest: guests[one.guest]?.name ?? '' }))
}

/** undefined where the image does not run the script to its end. */
async function runScript(
  engine: NodeEngine,
  imageId: string,
  script: string,
  files: Readonly<Record<string, string>>,
  mounts: RunOnceOptions['mounts'] = [],
): Promise<string | undefined> {
  const attempt = (timeoutMs: number): Promise<ExecResult> =>
    engine.runOnce(imageId, {
      entrypoint: ['/bin/sh', '-c'],
      command: [withEnd(script)],
      files,
      mounts,
      user: 'root',
      timeoutMs,
    })
  const result = await attempt(TIMEOUTS_MS[0]).catch((error: unknown) => {
    if (!isAnnealError(error, 'IMAGE_ANSWER_TIMEOUT')) throw error
    return attempt(TIMEOUTS_MS[1])
  })
  return wholeAnswer(result)
}

function parseFacts(imageId: string, output: string): Pick<Known, 'facts' | 'cache' | 'hooks'> {
  const found = sections(output)
  const libvirtVersion = /(\d+\.\d+\.\d+)/.exec(found.get('libvirt') ?? '')?.[1]
  const qemuVersion = /version (\d+\.\d+(\.\d+)?)/.exec(found.get('qemu') ?? '')?.[1]
  const [heading, xml] = [...found].find(([name]) => name.startsWith('cache ')) ?? []
  if (libvirtVersion === undefined || qemuVersion === undefined || heading === undefined || xml === undefined)
    return {}
  const facts: LibvirtFacts = {
    imageId,
    libvirtVersion,
    qemuVersion,
    machineTypes: machineTypes(found.get('machines') ?? ''),
    writtenFlags: [...xml.matchAll(/<flag name='([^']+)'\/>/g)].map((match) => match[1] ?? ''),
  }
  return { facts, cache: { name: heading.slice('cache '.length), xml }, hooks: found.has('hook') }
}
