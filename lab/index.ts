export { byHandArguments, runLibvirt, runVirtlogd, waitForLibvirt } from './by-hand.ts'
export type { ByHand } from './by-hand.ts'
export { consoleLogPath, domainXml, guestUuid, instanceDirectory, tickPath } from './domain-xml.ts'
export type { GuestLife, GuestSpec } from './domain-xml.ts'
export { guestFiles } from './guest-files.ts'
export type { GuestFiles } from './guest-files.ts'
export {
  HOST_ITSELF,
  consoleBytes,
  guestPid,
  parseTicks,
  startGuest,
  tickGaps,
  ticks,
  virsh,
  waitForTicks,
} from './guest.ts'
export type { Guest, GuestStart, Tick } from './guest.ts'
export { guestLife, makeBridge, waitForPing, watchLife } from './guest-life.ts'
export type { LifeSeen } from './guest-life.ts'
export { Host } from './host.ts'
export { KollaNode } from './kolla/kolla-node.ts'
export { NOVA_UID } from './kolla/kolla-settings.ts'
export { hasKollaSource } from './kolla/kolla-source.ts'
export { OVS_IMAGES, OpenVSwitchBed } from './open-vswitch.ts'
export { ovsRelease } from './ovs-release.ts'
export type { OvsRelease } from './ovs-release.ts'
export type { ComputeHost, ExecOptions } from './compute-host.ts'
export { DEFAULT_SUITE, SUITES, suiteOf } from './host-arguments.ts'
export type { HostSpec, Suite } from './host-arguments.ts'
export { imageReference } from './image-recipe.ts'
export type { ImageRecipe } from './image-recipe.ts'
export type { BuiltImage } from './images.ts'
export { machineLoad } from './machine-load.ts'
export { tail as lastLines } from './run.ts'
export { computeServices, openstackConfiguration, startControl } from './openstack.ts'
export type { ComputeService } from './openstack.ts'
export { atomicImage } from './atomic/atomic-image.ts'
export type { AtomicLayout } from './atomic/atomic-image.ts'
export { ConductorLab } from './conductor/conductor-lab.ts'
export type { ConductorMachine } from './conductor/conductor-lab.ts'
export { conductorRamdisk } from './conductor/conductor-ramdisk.ts'
export { debianContainer, debianImage } from './live/debian-images.ts'
export { erofsUtils } from './live/erofs-utils.ts'
export {
  BareMetal,
  OpenStackLab,
  attachComputeHost,
  isOn,
  labNames,
  namespaceOf,
  pidsIn,
  placeFile,
  redfishDriverInfo,
  removeLab,
  OPENSTACK_SUITES,
  deployRamdisk,
  deployRamdiskTree,
  testSystem,
  typeAt,
} from './openstack/index.ts'
export type {
  BootFiles,
  Endpoints,
  IronicAuth,
  Machine,
  MachineSpec,
  Node,
  OpenStackLabOptions,
  OpenStackSuite,
  Stay,
  TestSystem,
} from './openstack/index.ts'
export { bareRuntime, inContainerdTree } from './pods/containerd-tree.ts'
export type { PodCgroups } from './pods/containerd-tree.ts'
export { inKubernetesTree, KUBERNETES_VERSION, libvirtFiles } from './pods/kubernetes-tree.ts'
export { startControlPlane } from './pods/control-plane.ts'
export type { ControlPlane } from './pods/control-plane.ts'
export { startKubelet } from './pods/kubelet.ts'
export type { Kubelet } from './pods/kubelet.ts'
export { startContainerd } from './pods/containerd.ts'
export type { Containerd } from './pods/containerd.ts'
export { NOT_IN_TIME } from './pods/pod-client.ts'
export { POD_IMAGE } from './pods/pod-image.ts'
export { removeTree } from './engine.ts'
export { suiteRoot } from './suite-root.ts'
export { ensurePackages } from './packages.ts'
export { REPOSITORY, labDirectory, labPath } from './paths.ts'
export { run } from './run.ts'
export type { RunResult } from './run.ts'
export type { NestedEngine } from './seed.ts'
export { VirtualHost } from './vm/virtual-host.ts'
