/** The default theme, with room for pictures. */
import DefaultTheme from "vitepress/theme";
import "./pictures.css";

export default DefaultTheme;
