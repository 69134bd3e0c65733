import DefaultTheme from "vitepress/theme";
import "./style.css";

// oxlint-disable-next-line import/no-default-export -- VitePress takes it so.
export default DefaultTheme;
