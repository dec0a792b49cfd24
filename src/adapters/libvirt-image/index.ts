export { libvirtImages } from './libvirt-images.ts'
