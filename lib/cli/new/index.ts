export { newProject } from "./new.js";
