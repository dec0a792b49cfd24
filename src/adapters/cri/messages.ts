/**
 * The part of the CRI that Anneal asks: messages of package runtime.v1 as protobufjs reads them (`Root.fromJSON`). Numbers
 * and names are those of https://github.com/kubernetes/cri-api/blob/master/pkg/apis/runtime/v1/api.proto. Fields that are
 * not listed are skipped when an answer is read. No message here changes anything: what reads cannot write by mistake.
 */
export const CRI_MESSAGES = {
  nested: {
    VersionRequest: fields({ version: 'string' }),
    VersionResponse: numbered({
      runtimeName: ['string', 2],
      runtimeVersion: ['string', 3],
      runtimeApiVersion: ['string', 4],
    }),
    StatusRequest: fields({ verbose: 'bool' }),
    StatusResponse: numbered({}, { info: 2 }),
    ListPodSandboxRequest: fields({}),
    ListPodSandboxResponse: repeated('items', 'PodSandbox'),
    PodSandbox: fields({ id: 'string' }),
    PodSandboxStatusRequest: fields({ podSandboxId: 'string', verbose: 'bool' }),
    PodSandboxStatusResponse: numbered({ status: ['PodSandboxStatus', 1] }, { info: 2 }),
    PodSandboxMetadata: fields({ name: 'string', uid: 'string', namespace: 'string', attempt: 'uint32' }),
    PodSandboxStatus: numbered(
      {
        id: ['string', 1],
        metadata: ['PodSandboxMetadata', 2],
        state: ['int32', 3],
        createdAt: ['int64', 4],
      },
      { labels: 7, annotations: 8 },
    ),
    ListContainersRequest: fields({}),
    ListContainersResponse: repeated('containers', 'ListedContainer'),
    ListedContainer: fields({ id: 'string', podSandboxId: 'string' }),
    ContainerStatusRequest: fields({ containerId: 'string', verbose: 'bool' }),
    ContainerStatusResponse: numbered({ status: ['ContainerStatus', 1] }, { info: 2 }),
    ContainerMetadata: fields({ name: 'string', attempt: 'uint32' }),
    ImageSpec: fields({ image: 'string' }),
    ContainerStatus: numbered(
      {
        id: ['string', 1],
        metadata: ['ContainerMetadata', 2],
        state: ['int32', 3],
        createdAt: ['int64', 4],
        startedAt: ['int64', 5],
        exitCode: ['int32', 7],
        image: ['ImageSpec', 8],
        imageRef: ['string', 9],
      },
      { labels: 12, annotations: 13 },
    ),
    ImageStatusRequest: fields({ image: 'ImageSpec', verbose: 'bool' }),
    ImageStatusResponse: numbered({ image: ['Image', 1] }, { info: 2 }),
    Image: {
      fields: {
        id: { type: 'string', id: 1 },
        repoTags: { rule: 'repeated', type: 'string', id: 2 },
        repoDigests: { rule: 'repeated', type: 'string', id: 3 },
        size: { type: 'uint64', id: 4 },
      },
    },
  },
}

type Field = Readonly<{ type: string; id: number; keyType?: string; rule?: 'repeated' }>

type Message = { fields: Record<string, Field> }

/** Numbered from 1 in this order. */
function fields(types: Readonly<Record<string, string>>): Message {
  return {
    fields: Object.fromEntries(Object.entries(types).map(([name, type], at) => [name, { type, id: at + 1 }])),
  }
}

/** `maps` are from string to string. */
function numbered(
  types: Readonly<Record<string, readonly [type: string, id: number]>>,
  maps: Readonly<Record<string, number>> = {},
): Message {
  return {
    fields: Object.fromEntries([
      ...Object.entries(types).map(([name, [type, id]]) => [name, { type, id }] as const),
      ...Object.entries(maps).map(([name, id]) => [name, { keyType: 'string', type: 'string', id }] as const),
    ]),
  }
}

function repeated(name: string, type: string): Message {
  return { fields: { [name]: { rule: 'repeated', type, id: 1 } } }
}
