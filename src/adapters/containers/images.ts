import type { BuildOptions, ImageFacts, PullProgress } from '../../ports/index.ts'
import {
  credentialsFor,
  isPinnedAmong,
  parseReference,
  registryAuthHeader,
  repositoryName,
} from '../registry/index.ts'
import type { Dialect } from './dialect.ts'
import { EngineRefusal } from './engine-api.ts'
import { raise } from './errors.ts'
import { jsonLines } from './json-lines.ts'
import { pullProgress } from './pull-progress.ts'
import type { PullLine } from './pull-progress.ts'
import { attempted } from './refusals.ts'

/** Lines of a failed build that the error repeats. */
const LAST_LINES = 12
/** What is kept of the begin of a line that is too long; of its end three times that, in characters. */
const LINE_END = 100

/**
 * Pulls over `POST /images/create`, which both engines speak and which alone tells Podman's progress in bytes
 * (its own pull tells lines of text). What arrived is verified to be the digest asked for.
 */
export async function pullImage(
  dialect: Dialect,
  image: string,
  options: Readonly<{ onProgress?: (progress: PullProgress) => void; signal?: AbortSignal }>,
): Promise<ImageFacts> {
  const reference = parseReference(image)
  const name = repositoryName(reference)
  const credentials = await credentialsFor(image, { first: dialect.authFirst })
  const { registry, digest } = reference
  const data = {
    registry,
    login: credentials === undefined ? 'a pull without login' : 'the login that was found for it',
  }
  await attempted(
    { engine: dialect.engine, action: 'pull image', subject: image, code: 'ENGINE_REFUSED', data },
    async () => {
      const api = await dialect.api()
      const lines = await api.stream({
        method: 'POST',
        path: '/images/create',
        query: { fromImage: name, tag: digest ?? reference.tag ?? 'latest' },
        ...(credentials === undefined
          ? {}
          : { headers: { 'X-Registry-Auth': registryAuthHeader(credentials, registry) } }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      const progress = pullProgress(image, dialect.layerDone)
      for await (const line of jsonLines<PullLine>(lines)) {
        const error = line.errorDetail?.message ?? line.error
        if (error !== undefined) throw new EngineRefusal(200, error)
        const step = progress(line)
        if (step !== undefined) options.onProgress?.(step)
      }
    },
  )
  const pulled = await dialect.inspectImage(
    digest === undefined ? `${name}:${reference.tag ?? 'latest'}` : `${name}@${digest}`,
  )
  if (pulled === undefined) {
    throw raise('IMAGE_NOT_FOUND', { image, state: `${dialect.engine} does not hold it after the pull` })
  }
  if (digest !== undefined && !isPinnedAmong(reference, pulled.repoDigests)) {
    const state = `it is known as ${pulled.repoDigests.join(', ') || 'no digest at all'}`
    throw raise('IMAGE_DIGEST_MISMATCH', { image, state })
  }
  return pulled
}

/** Builds from a tar of the context: `POST /build`. */
export async function buildImage(
  dialect: Dialect,
  context: NodeJS.ReadableStream,
  options: BuildOptions,
): Promise<ImageFacts> {
  const output: string[] = []
  const failed = (reason: string) => {
    const last = output.slice(-LAST_LINES).map(shortened).join('\n')
    return raise('IMAGE_BUILD_FAILED', { image: options.tag, reason: shortened(reason), output: last })
  }
  const attempt = { engine: dialect.engine, action: 'build image', subject: options.tag } as const
  await attempted({ ...attempt, code: 'IMAGE_BUILD_FAILED', data: { output: '' } }, async () => {
    const api = await dialect.api()
    const stream = await api.stream({
      method: 'POST',
      path: dialect.buildPath,
      query: {
        t: options.tag,
        dockerfile: options.dockerfile,
        buildargs: options.buildArgs,
        labels: options.labels,
        networkmode: options.networkMode,
        rm: true,
        forcerm: true,
        ...dialect.buildQuery,
      },
      file: context,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    for await (const line of jsonLines<PullLine & { stream?: string }>(stream)) {
      const error = line.errorDetail?.message ?? line.error
      if (error !== undefined) {
        if (/no space left on device/i.test(error)) throw new EngineRefusal(200, error)
        throw failed(error)
      }
      for (const text of (line.stream ?? '').split('\n')) {
        if (text.trim() === '') continue
        output.push(text)
        options.onOutput?.(text)
      }
    }
  })
  const built = await dialect.inspectImage(options.tag)
  if (built === undefined) throw failed('the build ended without an image')
  return built
}

/** Engines quote a whole RUN line, in every sentence about it: what went wrong stands before and behind it. */
function shortened(line: string): string {
  return line.length <= 4 * LINE_END ? line : `${line.slice(0, LINE_END)} … ${line.slice(-3 * LINE_END)}`
}
