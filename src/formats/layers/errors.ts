import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const LAYERS_ERRORS = {
  LAYER_ENTRY_INVALID: {
    ...refused,
    message: 'Cannot use the layer "{layer}": its entry "{path}" {problem}',
    remedy:
      'get the container image from a source that you trust: Docker and Podman also refuse such a layer',
  },
  LAYER_PATH_OUTSIDE: {
    ...refused,
    message: 'Cannot use the layer "{layer}": its entry "{path}" leads out of the tree',
    remedy: 'get the container image from a source that you trust: no tool writes such a layer by mistake',
  },
  LAYERS_TOO_LARGE: {
    ...refused,
    message: 'Cannot keep the tree of the layer "{layer}" in memory: it has more than {limit} {what}',
    remedy: 'use an image with fewer files; unpack this one with umoci if you trust it',
  },
  LAYERS_NODE_KIND: {
    ...refused,
    message: 'Cannot read node {id} of the container as a {wanted}: it is a {kind}',
    remedy: 'correct the path; `anneal image ls -l` shows what each name is',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(LAYERS_ERRORS)
