/** The part of the CRI that makes and ends pods, for tests alone: package runtime.v1, as in src/adapters/cri/messages.ts. */
export const POD_MESSAGES = {
  nested: {
    PodSandboxMetadata: { fields: { name: s(1), uid: s(2), namespace: s(3), attempt: f('uint32', 4) } },
    NamespaceOption: { fields: { network: f('int32', 1), pid: f('int32', 2), ipc: f('int32', 3) } },
    LinuxSandboxSecurityContext: { fields: { namespaceOptions: f('NamespaceOption', 1) } },
    LinuxPodSandboxConfig: {
      fields: { cgroupParent: s(1), securityContext: f('LinuxSandboxSecurityContext', 2) },
    },
    PodSandboxConfig: {
      fields: {
        metadata: f('PodSandboxMetadata', 1),
        hostname: s(2),
        logDirectory: s(3),
        labels: map(6),
        annotations: map(7),
        linux: f('LinuxPodSandboxConfig', 8),
      },
    },
    RunPodSandboxRequest: { fields: { config: f('PodSandboxConfig', 1), runtimeHandler: s(2) } },
    RunPodSandboxResponse: { fields: { podSandboxId: s(1) } },
    ContainerMetadata: { fields: { name: s(1), attempt: f('uint32', 2) } },
    ImageSpec: { fields: { image: s(1) } },
    KeyValue: { fields: { key: s(1), value: s(2) } },
    Mount: { fields: { containerPath: s(1), hostPath: s(2), readonly: f('bool', 3) } },
    LinuxContainerSecurityContext: { fields: { namespaceOptions: f('NamespaceOption', 3) } },
    LinuxContainerConfig: { fields: { securityContext: f('LinuxContainerSecurityContext', 2) } },
    ContainerConfig: {
      fields: {
        metadata: f('ContainerMetadata', 1),
        image: f('ImageSpec', 2),
        command: { rule: 'repeated', type: 'string', id: 3 },
        envs: { rule: 'repeated', type: 'KeyValue', id: 6 },
        mounts: { rule: 'repeated', type: 'Mount', id: 7 },
        labels: map(9),
        annotations: map(10),
        logPath: s(11),
        linux: f('LinuxContainerConfig', 15),
      },
    },
    CreateContainerRequest: {
      fields: {
        podSandboxId: s(1),
        config: f('ContainerConfig', 2),
        sandboxConfig: f('PodSandboxConfig', 3),
      },
    },
    CreateContainerResponse: { fields: { containerId: s(1) } },
    StartContainerRequest: { fields: { containerId: s(1) } },
    StopContainerRequest: { fields: { containerId: s(1), timeout: f('int64', 2) } },
    RemoveContainerRequest: { fields: { containerId: s(1) } },
    StopPodSandboxRequest: { fields: { podSandboxId: s(1) } },
    RemovePodSandboxRequest: { fields: { podSandboxId: s(1) } },
    ListPodSandboxRequest: { fields: {} },
    PodSandbox: { fields: { id: s(1), metadata: f('PodSandboxMetadata', 2) } },
    ListContainersRequest: { fields: {} },
    ListedContainer: {
      fields: { id: s(1), podSandboxId: s(2), metadata: f('ContainerMetadata', 3), state: f('int32', 6) },
    },
    ListContainersResponse: { fields: { containers: { rule: 'repeated', type: 'ListedContainer', id: 1 } } },
    ListPodSandboxResponse: { fields: { items: { rule: 'repeated', type: 'PodSandbox', id: 1 } } },
    StartContainerResponse: { fields: {} },
    StopContainerResponse: { fields: {} },
    RemoveContainerResponse: { fields: {} },
    StopPodSandboxResponse: { fields: {} },
    RemovePodSandboxResponse: { fields: {} },
  },
}

type Field = Readonly<{ type: string; id: number; keyType?: string }>

function f(type: string, id: number): Field {
  return { type, id }
}

function s(id: number): Field {
  return f('string', id)
}

function map(id: number): Field {
  return { keyType: 'string', type: 'string', id }
}
