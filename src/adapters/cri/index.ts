export { CONTAINERD_SOCKET, criEngine } from './engine.ts'
export { raiseCri } from './errors.ts'
